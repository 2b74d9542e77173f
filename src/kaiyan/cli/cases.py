"""``kaiyan cases``: the complete cases, each with the question that it answers."""

from __future__ import annotations

import click

from kaiyan.cases.catalogue import NOTEBOOKS
from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.show.sentence import sentence
from kaiyan.show.table import Row, Table, headings


def _cases(*, as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    if as_json:
        session.json("cases", {"cases": [{
            "number": case.number, "title": session.say(case.title), "question": session.say(case.question),
            "seconds": case.seconds, "file": str(case.path),
        } for case in NOTEBOOKS]})  # fmt: skip
        return
    rows = tuple(Row((str(case.number), case.title, f"{case.seconds:g} s", case.question)) for case in NOTEBOOKS)
    opens = sentence("case-opens", "kaiyan case {number} opens one", number=NOTEBOOKS[0].number)
    session.print(Table(headings("", "case", "time", "question"), rows, notes=(opens,), left=frozenset({1, 3})))


command = Command(
    name="cases",
    summary="complete worked cases: what each is called, and the question that it answers",
    examples=("kaiyan cases", "kaiyan --lang zh cases", "kaiyan cases --json"),
    callback=_cases,
    params=[wide(), json_flag()],
)
