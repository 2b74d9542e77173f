"""The local server of the page."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kaiyan.studio.frame import pack, unpack

if TYPE_CHECKING:
    from starlette.requests import Request

    from kaiyan.studio.desk import Desk

STATIC = files("kaiyan.studio") / "static"
PHOTOGRAPH = files("kaiyan.pictures") / "photograph" / "astronaut.jpg"


def app(boot: dict[str, Any], desk: Desk) -> Starlette:
    """The page, its module and style sheet, the photograph, and one door for questions."""

    async def page(_: Request) -> Response:
        data = json.dumps({"photograph": "/photograph", **boot}).replace("<", "\\u003c")
        return HTMLResponse(PAGE.format(boot=data))

    async def ask(request: Request) -> Response:
        reply = desk.answer(*unpack(await request.body()))
        return Response(pack(reply.facts, reply.parts), media_type="application/octet-stream")

    def file(path: str, place: Any, kind: str) -> Route:
        async def send(_: Request) -> Response:
            return Response(place.read_bytes(), media_type=kind)

        return Route(path, send)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/ask", ask, methods=["POST"]),
            file("/studio.mjs", STATIC / "studio.mjs", "text/javascript"),
            file("/studio.css", STATIC / "studio.css", "text/css"),
            file("/photograph", PHOTOGRAPH, "image/jpeg"),
        ]
    )


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kaiyan 开眼</title>
<link rel="stylesheet" href="/studio.css">
<div id="kaiyan" class="kaiyan"></div>
<script type="application/json" id="kaiyan-boot">{boot}</script>
<script type="module" src="/studio.mjs"></script>
</html>
"""
