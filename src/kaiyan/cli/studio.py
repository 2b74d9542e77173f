"""``kaiyan studio``: the page where one sees a convolution, in the browser."""

from __future__ import annotations

import click

from kaiyan.cli.command import Command


def _studio(*, port: int, no_browser: bool) -> None:
    import socket

    import uvicorn

    from kaiyan.studio.desk import Desk
    from kaiyan.studio.server import app

    with socket.create_server(("127.0.0.1", port)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        click.echo(address)
        if not no_browser:
            click.launch(address)
        server = uvicorn.Server(uvicorn.Config(app({}, Desk()), log_level="error"))
        server.run(sockets=[listening])


command = Command(
    name="studio",
    summary="open the page where one sees a convolution",
    examples=("kaiyan studio", "kaiyan studio --port 0 --no-browser"),
    callback=_studio,
    params=[
        click.Option(["--port"], type=int, default=0, metavar="N", help="the port; 0 takes a free one"),
        click.Option(["--no-browser"], is_flag=True, help="print the address only"),
    ],
)
