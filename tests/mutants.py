"""Runs mutmut on spec/ and reference/ and fails on a survivor that tests/mutants.txt does not list with its reason.

All mutants take three quarters of an hour, so one run takes a fifth of every file, chosen by the commit: all of them
come in turn. ``--share 2`` takes that fifth, ``--all`` every mutant. ``--write`` (it takes all) rewrites the list, the
reasons of known ones kept: read it before you commit it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

LIST = Path(__file__).with_name("mutants.txt")
SHARES = 5
"""Parts that the mutants of each function fall into, by the last digit of their number."""
EQUIVALENT = {
    r"strict=\w+": "zip of sequences whose lengths agree by construction",
    r"copy=\w+": "a copy more or less is not seen in the values",
}
"""Kinds of change that cannot be seen from outside, and why."""


def pattern(share: int) -> str:
    """The mutants of one share, as mutmut matches names.

    >>> pattern(2)
    '*__mutmut_*[27]'
    """
    return f"*__mutmut_*[{share % SHARES}{share % SHARES + SHARES}]"


def share_of(arguments: list[str]) -> int | None:
    """The share that is asked for, or that of the commit; None for all mutants."""
    if "--all" in arguments or "--write" in arguments:
        return None
    if "--share" in arguments:
        return int(arguments[arguments.index("--share") + 1])
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return int(commit.stdout.strip()[-6:], 16) % SHARES


def survivors() -> dict[str, str]:
    """The change that each surviving mutant made, by its name."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    printed = subprocess.run([sys.executable, "-m", "mutmut", "results"], capture_output=True, text=True, check=True)
    names = re.findall(r"^\s*(\S+): (?:survived|no tests|suspicious)", printed.stdout, re.MULTILINE)
    return {name: changed(get_diff_for_mutant(name)) for name in names}


def changed(diff: str) -> str:
    """A diff as one line: what was, what is."""
    lines = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    sides = [" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+"]
    return " => ".join(sides)


def is_equivalent(change: str) -> bool:
    """Whether the two sides differ only in what cannot be seen."""
    before, _, after = change.partition(" => ")
    return any(_without(kind, before) == _without(kind, after) for kind in EQUIVALENT)


def _without(kind: str, text: str) -> str:
    return re.sub(rf",?\s*{kind}|,?\s*(?=\))|\s", "", text)


def listed() -> dict[str, str]:
    """Reasons by "function: change" from the list."""
    rows = [line for line in LIST.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {change: reason for reason, _, change in (row.partition(" | ") for row in rows)}


def main(arguments: list[str]) -> int:
    share = share_of(arguments)
    chosen = [] if share is None else [pattern(share)]
    subprocess.run(
        [sys.executable, "-m", "mutmut", "run", "--max-children", "2", *chosen], check=True, stdout=subprocess.DEVNULL
    )
    found = {
        f"{re.sub(r'__mutmut_[0-9]+$', '', name)}: {change}"
        for name, change in survivors().items()
        if not is_equivalent(change)
    }
    known = listed()
    if "--write" in arguments:
        rows = [f"{known.get(change, 'REASON?')} | {change}" for change in sorted(found)]
        LIST.write_text("# reason | function: change that no test sees\n" + "\n".join(rows) + "\n", "utf-8")
    unexplained = sorted(found - listed().keys()) + sorted(row for row in listed() if listed()[row] == "REASON?")
    sys.stdout.write("".join(f"survived: {change}\n" for change in unexplained))
    part = "all mutants" if share is None else f"share {share} of {SHARES}"
    sys.stdout.write(f"{part}: {len(found & listed().keys())} survive with a reason, {len(unexplained)} without\n")
    return bool(unexplained)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
