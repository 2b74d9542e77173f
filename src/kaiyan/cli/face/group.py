"""``kaiyan face``: its commands."""

from kaiyan.cli.command import Group
from kaiyan.cli.face import calibrate, card, find, known, layers, moving, who

command = Group(
    name="face",
    summary="find faces, name them and recognise them, on this machine alone",
    examples=(
        "kaiyan face find party.jpg -o found.png",
        'kaiyan face add "Li Na" one.jpg two.jpg --consent "agreed by mail, 3 May"',
        "kaiyan face who party.jpg -o named.png",
        "kaiyan face layers party.jpg -o layers.png",
    ),
    commands=[
        find.command, known.add, who.command, layers.command, known.people, known.remove, moving.export,
        moving.import_, calibrate.command, moving.recover, card.command,
    ],
)  # fmt: skip
