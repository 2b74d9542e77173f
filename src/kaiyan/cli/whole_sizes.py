"""``kaiyan whole-sizes``: input sizes near a given one for which no layer drops a row or a column."""

from kaiyan.cli.command import Command
from kaiyan.cli.size_search import parameters, searching

command = Command(
    name="whole-sizes",
    summary="the input sizes near a given one for which no layer drops a row or a column",
    examples=("kaiyan whole-sizes net.py:make 1x3x224x224",),
    callback=searching("whole_sizes"),
    params=parameters(),
)
