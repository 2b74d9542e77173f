"""The local server of the page: fixed addresses, one door for questions, processes behind it that answer them."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from kaiyan.show.error import KaiyanError
from kaiyan.studio import page
from kaiyan.studio.desk import refused
from kaiyan.studio.frame import pack
from kaiyan.studio.photograph import Photograph, of
from kaiyan.studio.question import PAUSE, Gone, Waiting, arriving
from kaiyan.studio.safety import Door, Guarded
from kaiyan.studio.worker import PASTED, PLAIN, Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from kaiyan.studio.question import Asked

STATUS = {"foreign-body": 400, "too-large": 413, "too-slow": 408, "too-busy": 503}
"""Of a question that did not arrive; an answer's refusal is an answer like any other."""
FRAMED = "application/octet-stream"

WARM = (*PLAIN, "torch")
"""What the process for networks imports before it is asked."""


@dataclass(slots=True)
class Workers:
    """Those who answer: networks, faces and pasted code have processes of their own: a slow one delays nobody else.

    Those for faces and for pasted code are begun when they are asked first.
    """

    model: str | None = None
    networks: Worker = field(init=False)
    pasted: Worker = field(init=False)
    faces: Worker = field(init=False)
    others: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.networks = Worker(self.model, WARM, share=0.5)
        self.pasted = Worker(None, PASTED, share=0.2)
        self.faces = Worker(None, PLAIN, share=0.4)
        self.others = Worker(None, PLAIN, share=0.2)

    def whose(self, kind: str) -> Worker:
        """Who answers a kind of question."""
        if kind.startswith(("network.", "page.", "digits.")):
            return self.networks
        if kind.startswith("faces."):
            return self.faces
        return self.pasted if kind == "diagnose" else self.others

    @asynccontextmanager
    async def working(self, _: object) -> AsyncIterator[None]:
        """Inside, they are there."""
        try:
            await self.others.start()
            await self.networks.start()
            yield
        finally:
            await self.close()

    async def close(self) -> None:
        """Ends them; what was asked is refused."""
        for worker in (self.networks, self.pasted, self.faces, self.others):
            await worker.close()


def app(boot: Mapping[str, Any], door: Door, workers: Workers, photograph: Photograph) -> ASGIApp:
    """The page and its parts, icon and photograph, and one door for questions."""
    parts = page.parts()
    html = page.served({"photograph": "/photograph", **boot}, parts)
    routes = [
        Route("/", lambda _: HTMLResponse(html, headers={"Cache-Control": "no-store"})),
        Route("/ask", Ask(workers), methods=["POST"]),
        *(_part(address, content) for address, content in parts.items()),
        _file("/icon.svg", lambda: page.built("mark.svg"), "image/svg+xml"),
        _file("/favicon.ico", lambda: page.built("mark.svg"), "image/svg+xml"),
        _file("/photograph", lambda: photograph.content, photograph.kind),
    ]
    inside = Starlette(routes=routes, lifespan=workers.working)
    inside.router.redirect_slashes = False
    return Guarded(inside, door)


def _part(address: str, content: bytes) -> Route:
    """A part of the page: what stands at its address never changes, so the browser keeps it and does not ask again."""
    kind = "text/css" if address.endswith(".css") else "text/javascript"
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Route(address, lambda _: Response(content, media_type=kind, headers=headers))


def _file(path: str, content: Callable[[], bytes], kind: str) -> Route:
    """A file that the browser keeps and asks after by its hash."""

    def send(request: Request) -> Response:
        body = content()
        headers = {"ETag": f'"{sha256(body).hexdigest()[:32]}"', "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=kind, headers=headers)

    return Route(path, send)


@dataclass(slots=True)
class Ask:
    """Questions of the page, each read within bounds and handed to who answers it."""

    workers: Workers
    held: Waiting = field(default_factory=Waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            question = await arriving(receive, request.headers.get("kaiyan-page", "")[:64], self.held)
            body = await self._answered(question, receive)
            with self.held.holding(len(body)):
                await Response(body, media_type=FRAMED)(scope, receive, send)
        except KaiyanError as error:
            body, headers = pack(refused(error).facts), {"Connection": "close"}
            await Response(body, STATUS[error.code], headers, FRAMED)(scope, receive, send)
        except Gone:
            return

    async def _answered(self, question: Asked, receive: Receive) -> bytes:
        """The answer; raises ``Gone`` as soon as the page does not wait for it any more."""
        answer = asyncio.create_task(self.workers.whose(question.kind).ask(question))
        leaving = asyncio.create_task(_left(receive))
        try:
            with self.held.holding(len(question.body)):
                await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not answer.done():
                answer.cancel()
        if not answer.done():
            raise Gone
        return answer.result()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; raises ``KaiyanError`` where the port or the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise KaiyanError("port-taken", "port {port} is taken, or is not yours to take", "kaiyan studio --port 0",
                              port=port) from None  # fmt: skip
        raise KaiyanError("no-such-address", "{host} is not an address of this machine", "kaiyan studio",
                          host=host) from None  # fmt: skip


@dataclass(slots=True)
class Studio:
    """The page on a socket that listens: ``door`` has its address, ``serve`` lasts until it is interrupted."""

    listener: socket.socket
    host: str = "127.0.0.1"
    lang: str | None = None
    model: str | None = None
    photograph: Photograph = field(default_factory=lambda: of(None))
    door: Door = field(init=False)

    def __post_init__(self) -> None:
        self.door = Door(self.listener.getsockname()[1], self.host)

    def serve(self) -> None:
        """Answers until SIGINT or SIGTERM, and raises ``KeyboardInterrupt`` after the first."""
        boot = {"lang": self.lang, "model": self.model, "name": self.photograph.name}
        workers = Workers(self.model)
        inside = app({k: v for k, v in boot.items() if v is not None}, self.door, workers, self.photograph)
        config = uvicorn.Config(
            inside, http=Impatient, ws="none", lifespan="on", log_level="error", access_log=False,
            server_header=False, limit_concurrency=512, timeout_graceful_shutdown=1, timeout_keep_alive=30,
        )  # fmt: skip
        Prompt(config, workers).run([self.listener])


class Prompt(uvicorn.Server):
    """A server that does not wait for its workers when it ends: they are told to end first."""

    def __init__(self, config: uvicorn.Config, workers: Workers) -> None:
        super().__init__(config)
        self.workers = workers

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.workers.close()
        await super().shutdown(sockets)


class Impatient(H11Protocol):
    """Connections are closed where a request does not arrive whole in time, its body apart."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._serves():
            self._stop()
        elif self._waiting is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(PAUSE, self._give_up)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        if not self._serves():
            self.transport.close()

    def _serves(self) -> bool:
        return not getattr(self.cycle, "response_complete", True)
