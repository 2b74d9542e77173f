"""Who may come in: the host that is named, the page that asks, the token; and what every answer tells the browser."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from kaiyan.show.error import KaiyanError
from kaiyan.show.i18n import LANGUAGES, say
from kaiyan.studio.question import drained

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer that does not say otherwise."""

_MOST_OF_STRANGERS = 1 << 20
"""Bytes that are read of a request that is refused."""
_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_ENTRANCE = '<!doctype html><meta http-equiv="refresh" content="0; url=/"><title>Kaiyan</title>'


@dataclass(slots=True)
class Door:
    """Who is let in to what listens on a port: this host's names, with the token or the cookie that it becomes.

    A token of ``once`` opens the door one time: the browser's command line, which others can read, has such a one.
    """

    port: int
    host: str = "127.0.0.1"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    once: set[str] = field(default_factory=set)

    @property
    def cookie(self) -> str:
        """Its name: cookies of one host are shared by all of its ports."""
        return f"kaiyan-{self.port}"

    @property
    def address(self) -> str:
        """The page's address with the token."""
        return self.address_with(self.token)

    def address_once(self) -> str:
        """The page's address with a token that opens one time."""
        token = secrets.token_urlsafe(32)
        self.once.add(token)
        return self.address_with(token)

    def address_with(self, token: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/?token={token}"

    @property
    def is_open(self) -> bool:
        """Whether it is open to any other than this machine."""
        return not (self.host == "localhost" or (_is_number(self.host) and ip_address(self.host).is_loopback))

    def is_ours(self, host: str) -> bool:
        """Whether a Host header names this door; by number alone where it is open to a network."""
        name, colon, port = host.rpartition(":")
        if not colon or not port.isdecimal():
            name, port = host, "80"
        bare = name.strip("[]")
        known = name in _LOCAL or bare == self.host or (self.is_open and _is_number(bare))
        return port == str(self.port) and known

    def opens(self, token: str) -> bool:
        """Whether a token of an address is a right one."""
        if token in self.once:
            self.once.remove(token)
            return True
        return self.knows(token)

    def knows(self, token: str) -> bool:
        """Whether a cookie's token is the right one."""
        return secrets.compare_digest(token.encode(), self.token.encode())

    def refuses(self, request: Request) -> KaiyanError | None:
        """Why a request is not answered, or None."""
        host = request.headers.get("host", "")
        if not self.is_ours(host):
            return KaiyanError(
                "foreign-host",
                "this is not an address of kaiyan studio",
                "open the address that kaiyan studio printed in the terminal",
            )
        if not _is_own_page(request, f"http://{host}"):
            return KaiyanError(
                "foreign-page",
                "only kaiyan studio's own page is answered",
                "open the address that kaiyan studio printed in the terminal",
            )
        if not self.knows(request.cookies.get(self.cookie, "")):
            return KaiyanError(
                "no-token",
                "this address needs the token that the terminal printed",
                "open the address that kaiyan studio printed in the terminal",
            )
        return None


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_own_page(request: Request, own: str) -> bool:
    """Whether the page that asks is ours, by what the browser says of it."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is not None:
        return origin == own
    if request.method in ("GET", "HEAD"):
        return site in (None, "same-origin", "none") or _is_entering(request)
    return site == "same-origin"


def _is_entering(request: Request) -> bool:
    return request.url.path == "/" and request.headers.get("sec-fetch-mode") == "navigate"


class Guarded:
    """An application behind a door: nothing of it is seen without the token."""

    def __init__(self, inside: ASGIApp, door: Door) -> None:
        self.inside = inside
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.inside(scope, receive, send)
            return
        request = Request(scope)
        refusal = None if (entered := self._entered(request)) else self._refused(request)
        if refusal is not None:
            await drained(receive, _MOST_OF_STRANGERS)
        await (entered or refusal or self.inside)(scope, receive, _told(send))

    def _entered(self, request: Request) -> Response | None:
        """The way to the clean address, with a cookie, for who brings the token."""
        door = self.door
        token = request.query_params.get("token")
        is_entrance = request.method == "GET" and request.url.path == "/" and token is not None
        if not is_entrance or not door.is_ours(request.headers.get("host", "")) or not door.opens(token or ""):
            return None
        # A link that was followed from another site: the browser keeps a strict cookie from what is redirected then.
        followed = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
        answer = HTMLResponse(_ENTRANCE) if followed else RedirectResponse("/", 303)
        answer.set_cookie(door.cookie, door.token, httponly=True, samesite="strict", path="/")
        return answer

    def _refused(self, request: Request) -> Response | None:
        error = self.door.refuses(request)
        if error is None:
            return None
        said = "\n".join(say(error, language).replace("\n", " ") for language in LANGUAGES)
        return PlainTextResponse(f"{said}\n", 403, {"Connection": "close"})


def _told(send: Send) -> Send:
    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", [])))
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            message["headers"] = headers.raw
        await send(message)

    return tell
