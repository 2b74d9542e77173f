"""The command line: ``kaiyan see`` and ``kaiyan derive``, in English and Chinese."""

import sys


def main() -> None:
    """Runs the command line; where it is not installed, says which extras bring it and what was asked for."""
    try:
        from kaiyan.cli.run import run
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("kaiyan"):
            raise
        extras = next((_EXTRAS[word] for word in sys.argv[1:] if word in _EXTRAS), "cli")
        install = f"pip install 'kaiyan[{extras}]'"
        sys.stderr.write(f"the command line needs {error.name}: {install}\n命令行需要 {error.name}：{install}\n")
        sys.exit(2)
    sys.exit(run(sys.argv[1:]))


_EXTRAS = {
    "case": "cases",
    "face": "cli,faces",
    "studio": "studio",
    **dict.fromkeys(("accelerate", "least-input", "shift-report", "summary", "whole-sizes"), "cli,torch"),
}
"""What installs the command line and what a command needs beside it, where that is more than ``cli``."""
