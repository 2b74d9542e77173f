"""Who is not let in, and what is not taken: after each, the server answers its own page as before."""

from __future__ import annotations

import socket
import struct
import time
import zlib
from contextlib import closing
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

import httpx
import numpy as np
import pytest
from live_studio import Live, asked, code, started
from PIL import Image
from starlette.requests import Request

from kaiyan.studio import page as studio_page
from kaiyan.studio.frame import MOST_HEADER, pack, unpack
from kaiyan.studio.pixels import given
from kaiyan.studio.question import MOST, MOST_HELD, Waiting
from kaiyan.studio.safety import HEADERS, Door

if TYPE_CHECKING:
    from collections.abc import Iterator

from kaiyan.show.error import KaiyanError

MODULE, STYLE = (next(at for at in studio_page.parts() if at.endswith(name)) for name in ("/page.mjs", "/page.css"))
FOLDER = MODULE.rpartition("/")[0]

PICTURE = BytesIO()
Image.fromarray(np.zeros((2, 2, 3), np.uint8)).save(PICTURE, "PNG")
QUESTION = pack({"kind": "picture.read"}, [PICTURE.getvalue()])


@pytest.fixture(scope="module")
def hasty() -> Iterator[Live]:
    live = started(before=HASTY)
    yield live
    live.end()


@pytest.fixture(autouse=True)
def answers_afterwards(page: httpx.Client) -> Iterator[None]:
    yield
    assert page.post("/ask", content=QUESTION).status_code == 200


def said(answer: httpx.Response) -> str:
    """The English sentence of a door that is shut; the Chinese stands below it."""
    english, chinese = answer.text.splitlines()
    assert answer.status_code == 403
    assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese)
    return english.partition("help:")[0].strip()


@pytest.mark.parametrize("path", ["/", MODULE, STYLE, "/photograph", "/icon.svg", "/nothing"])
def test_without_a_token_nothing_is_seen(live: Live, path: str) -> None:
    refused = "this address needs the token that the terminal printed"
    assert said(httpx.get(live.origin + path)) == refused
    assert said(httpx.get(live.origin + path, headers={"Cookie": f"kaiyan-{live.port}=guess"})) == refused
    assert said(httpx.get(live.origin + path, params={"token": "guess"})) == refused


def test_without_a_token_nothing_is_answered(live: Live) -> None:
    answer = httpx.post(live.origin + "/ask", content=QUESTION, headers={"Origin": live.origin})
    assert said(answer) == "this address needs the token that the terminal printed"


def test_the_token_alone_answers_no_question(live: Live) -> None:
    token = live.address.partition("?")[2]
    assert (
        httpx.post(f"{live.origin}/ask?{token}", content=QUESTION, headers={"Origin": live.origin}).status_code == 403
    )


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "", "[::1]"])
def test_a_foreign_host_is_refused(live: Live, page: httpx.Client, host: str) -> None:
    assert said(page.get("/", headers={"Host": host})) == "this is not an address of kaiyan studio"
    assert said(httpx.get(live.address, headers={"Host": host})) == "this is not an address of kaiyan studio"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_has_three_names(live: Live, page: httpx.Client, name: str) -> None:
    own = {"Host": f"{name}:{live.port}", "Origin": f"http://{name}:{live.port}"}
    assert page.post("/ask", content=QUESTION, headers=own).status_code == 200


@pytest.mark.parametrize("headers", [
    {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"},
    {"Origin": "", "Sec-Fetch-Site": "cross-site"}, {"Origin": ""},
    {"Origin": "https://127.0.0.1:{port}"},
])  # fmt: skip
def test_a_foreign_page_is_refused(live: Live, page: httpx.Client, headers: dict[str, str]) -> None:
    told = {name: value.format(port=live.port) for name, value in headers.items()}
    assert said(page.post("/ask", content=QUESTION, headers=told)) == "only kaiyan studio's own page is answered"


def test_a_stranger_who_sends_much_hears_why_not(live: Live) -> None:
    answer = httpx.post(live.origin + "/ask", content=bytes(700_000), headers={"Origin": live.origin})
    assert said(answer) == "this address needs the token that the terminal printed"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_not_even_read(live: Live, page: httpx.Client, site: str) -> None:
    cookie = {"Cookie": f"kaiyan-{live.port}={page.cookies[f'kaiyan-{live.port}']}", "Sec-Fetch-Site": site}
    assert said(httpx.get(live.origin + "/photograph", headers=cookie)) == "only kaiyan studio's own page is answered"
    assert said(httpx.get(live.origin + MODULE, headers=cookie)) == "only kaiyan studio's own page is answered"


def test_the_browsers_word_is_enough_where_it_names_no_origin(live: Live, page: httpx.Client) -> None:
    cookie = {"Cookie": f"kaiyan-{live.port}={page.cookies[f'kaiyan-{live.port}']}", "Sec-Fetch-Site": "same-origin"}
    assert httpx.post(live.origin + "/ask", content=QUESTION, headers=cookie).status_code == 200


def test_the_cookie_is_strict_and_hidden_from_scripts(live: Live) -> None:
    answer = httpx.get(live.address)
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"kaiyan-{live.port}=")
    assert all(word in cookie.split("; ") for word in ("HttpOnly", "Path=/", "SameSite=strict"))


def test_a_link_followed_from_another_site_goes_round_by_our_own(live: Live) -> None:
    answer = httpx.get(live.address, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert 'http-equiv="refresh" content="0; url=/"' in answer.text
    assert "set-cookie" in answer.headers


@pytest.mark.parametrize("path", ["/", MODULE, "/ask", "/nothing"])
def test_every_answer_tells_the_browser_what_it_may_do(live: Live, page: httpx.Client, path: str) -> None:
    for answer in (page.get(path), httpx.get(live.origin + path)):
        for name in HEADERS.keys() - {"Cache-Control"}:
            assert answer.headers[name] == HEADERS[name]
        assert "cache-control" in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "server" not in answer.headers
    assert "'unsafe" not in HEADERS["Content-Security-Policy"]


PATHS = [
    "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/..%2f..%2fetc/passwd",
    "/static/page/page.mjs", "/studio.mjs", "/page/page.mjs", "/page/", f"{MODULE}/", f"{MODULE}/../../../desk.py",
    "/ask/", f"/.{MODULE}", f"{MODULE}%00.css", f"{FOLDER}/first.json", f"{FOLDER}/../../studio.mjs",
    f"/page/0123456789abcdef{MODULE[-9:]}", "/desk.py",
    "/.git/config", f"http://evil.example{MODULE}", MODULE.upper(), f"{MODULE}/x", "*",
]  # fmt: skip


def raw(live: Live, head: str, body: bytes = b"", seconds: float = 5) -> bytes:
    """What comes back over a bare connection until it is closed, or nothing comes for a while."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=seconds) as line:
        line.sendall(head.encode("latin-1").replace(b"\n", b"\r\n") + body)
        got = bytearray()
        try:
            while piece := line.recv(1 << 16):
                got += piece
        except TimeoutError:
            pass
        return bytes(got)


def head(live: Live, page: httpx.Client, first: str, *more: str) -> str:
    cookie = f"kaiyan-{live.port}={page.cookies[f'kaiyan-{live.port}']}"
    own = [f"Host: 127.0.0.1:{live.port}", f"Origin: {live.origin}", f"Cookie: {cookie}"]
    return "\n".join([first, *own, *more, "", ""])


@pytest.mark.parametrize("path", PATHS)
def test_there_are_no_paths_but_those_that_are_written(live: Live, page: httpx.Client, path: str) -> None:
    answer = raw(live, head(live, page, f"GET {path} HTTP/1.1", "Connection: close"))
    assert answer.split(b" ")[1] == b"404"
    assert b"root:" not in answer


def test_a_question_is_posted_and_nothing_else(page: httpx.Client) -> None:
    methods = ("GET", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")
    assert [page.request(method, "/ask").status_code for method in methods] == [405] * len(methods)
    assert page.post("/").status_code == 405


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
                                   b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 50, b"A" * 100_000,
                                   b"POST /ask HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                                   b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"])  # fmt: skip
def test_noise_is_no_request(live: Live, noise: bytes) -> None:
    answer = raw(live, "", noise, seconds=0.5)
    assert answer == b"" or answer.split(b" ")[1] in (b"400", b"403")


def test_a_body_that_says_to_be_too_large_is_refused(page: httpx.Client) -> None:
    large = asked(page, {"kind": "picture.read"}, (bytes(MOST["picture.read"] + 1),))
    assert code(large) == "too-large"
    assert large[0]["refusal"]["words"]["en"] == "34 MB is more than the 33 MB that are accepted"
    assert code(asked(page, {"kind": "diagnose"}, (bytes(3 << 20),))) == "too-large"
    assert code(asked(page, {"kind": "diagnose", "text": "x" * (MOST_HEADER + 1)})) == "foreign-body"


def test_a_body_that_never_ends_is_refused_while_it_comes(live: Live, page: httpx.Client) -> None:
    begun = pack({"kind": "diagnose"}, [b""]).replace(b'"sizes": [0]', b'"sizes": [9]')
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as line:
        opened = head(live, page, "POST /ask HTTP/1.1", "Transfer-Encoding: chunked")
        line.sendall(opened.encode().replace(b"\n", b"\r\n"))
        sent = 0
        try:
            for piece in (begun, *[bytes(1 << 20)] * 400):
                line.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                sent += len(piece)
        except OSError:
            pass
    assert sent < 200 << 20


HASTY = "from kaiyan.studio import question, server; question.PAUSE = server.PAUSE = 0.5; question.WHOLE = 2"


@pytest.mark.parametrize("begun", ["", "GET / HTTP/1.1\r\nX-", "POST"])
def test_a_request_that_does_not_come_to_its_end_is_cut_off(hasty: Live, begun: str) -> None:
    start = time.monotonic()
    assert raw(hasty, begun) == b""
    assert time.monotonic() - start < 3


def test_a_second_request_is_as_bounded_as_the_first(hasty: Live) -> None:
    first = f"GET /nothing HTTP/1.1\nHost: 127.0.0.1:{hasty.port}\n\n"
    start = time.monotonic()
    assert raw(hasty, first + "GET / HTTP/1.1\nX-").count(b"HTTP/1.1") == 1
    assert time.monotonic() - start < 3


def test_a_body_that_stops_or_drips_is_refused(hasty: Live) -> None:
    with closing(hasty.browser()) as client:
        opened = head(hasty, client, "POST /ask HTTP/1.1", "Content-Length: 1000")
    assert raw(hasty, opened, b"\x10").startswith(b"HTTP/1.1 408")
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=5) as line:
        line.sendall(opened.encode().replace(b"\n", b"\r\n"))
        for piece in QUESTION[:15]:
            time.sleep(0.2)
            try:
                line.sendall(bytes([piece]))
            except OSError:
                break
        assert line.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("body", [
    b"", b"\x00", b"\xff\xff\xff\xff", b"\x02\x00\x00\x00{}", b"\x02\x00\x00\x00[]", pack({"kind": "a"})[:-3],
    pack({"kind": "a"}) + b"more", b"\x01\x00\x00\x00\xff",
    struct.pack("<I", 200_000) + b'{"facts":' + b"[" * 199_991,
    struct.pack("<I", 34) + b'{"facts": {"a": NaN}, "sizes": []}',
    struct.pack("<I", 29) + b'{"facts": {}, "sizes": [-1]} ',
    struct.pack("<I", 30) + b'{"facts": {}, "sizes": [true]}',
    struct.pack("<I", 29) + b'{"facts": {}, "sizes": [1e3]}',
    b"cos\nsystem\n(S'touch /tmp/kaiyan-was-here'\ntR.",
])  # fmt: skip
def test_a_body_that_is_no_question_is_refused(page: httpx.Client, body: bytes) -> None:
    answer = page.post("/ask", content=body)
    assert answer.status_code == 400
    assert unpack(answer.content)[0]["refusal"]["code"] == "foreign-body"


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (13_000, 10_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(page: httpx.Client, width: int, height: int) -> None:
    begun = time.monotonic()
    reply = asked(page, {"kind": "picture.read", "name": "bomb.png"}, (png_of(width, height),))
    assert code(reply) in ("picture-too-large", "too-many-pixels")
    assert "120,000,000" in reply[0]["refusal"]["words"]["en"]
    assert time.monotonic() - begun < 5


def numpy_file(**arrays: object) -> bytes:
    file = BytesIO()
    np.savez(file, allow_pickle=True, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


class Touch:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("raise SystemExit('unpickled')",)


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.pkl", "a.pt"])
def test_nothing_is_unpickled(page: httpx.Client, name: str) -> None:
    file = BytesIO()
    np.save(file, np.array([Touch()], dtype=object), allow_pickle=True)
    content = {"a.npy": file.getvalue(), "a.npz": numpy_file(a=np.array([Touch()], dtype=object))}.get(
        name, file.getvalue()[128:]
    )
    reply = asked(page, {"kind": "picture.read", "name": name}, (content,))
    assert code(reply) in ("damaged", "picture-without-reader", "not-a-picture")


def test_an_array_that_claims_more_than_there_is_is_refused(page: httpx.Client) -> None:
    claims = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    reply = asked(page, {"kind": "picture.read", "name": "a.npy"}, (claims.ljust(127) + b"\n" + bytes(64),))
    assert code(reply) in ("damaged", "no-memory")


def test_an_archive_is_no_picture(page: httpx.Client) -> None:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("zeros", bytes(1 << 20))
    assert code(asked(page, {"kind": "picture.read", "name": "a.zip"}, (file.getvalue(),))) == "picture-without-reader"


@pytest.mark.parametrize(("facts", "size"), [
    ({"height": 2, "width": 2}, 11), ({"height": 2, "width": -2}, 12), ({"height": True, "width": 4}, 12),
    ({"height": 2.0, "width": 2}, 12), ({"width": 2}, 12), ({"height": "2", "width": 2}, 12),
    ({"height": 0, "width": 0}, 0), ({"height": 1 << 40, "width": 1}, 12),
])  # fmt: skip
def test_pixels_have_the_size_that_is_said(facts: dict[str, object], size: int) -> None:
    with pytest.raises(KaiyanError) as caught:
        given(facts, bytes(size))
    assert caught.value.code == "pixels-and-size"
    assert given({"height": 2, "width": 3}, bytes(18)).shape == (2, 3, 3)


def test_questions_do_not_pile_up_in_memory() -> None:
    waiting = Waiting()
    waiting.grow(MOST_HELD)
    with pytest.raises(KaiyanError) as caught:
        waiting.grow(1)
    assert caught.value.code == "too-busy"


def request(host: str) -> Request:
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", host.encode())]}
    return Request(scope)


@pytest.mark.parametrize(("host", "is_open"), [
    ("127.0.0.1", False), ("127.0.0.2", False), ("localhost", False), ("::1", False),
    ("0.0.0.0", True), ("192.168.1.7", True), ("::", True), ("box.local", True),
])  # fmt: skip
def test_only_this_machine_or_more(host: str, *, is_open: bool) -> None:
    assert Door(8000, host).is_open is is_open


@pytest.mark.parametrize(("listens", "asks", "ours"), [
    ("0.0.0.0", "192.168.1.7:8000", True), ("0.0.0.0", "evil.example:8000", False), ("::", "[fe80::1]:8000", True),
    ("box.local", "box.local:8000", True), ("127.0.0.1", "192.168.1.7:8000", False),
    ("192.168.1.7", "192.168.1.7", False),
])  # fmt: skip
def test_a_network_reaches_it_by_number_or_by_the_name_that_was_given(listens: str, asks: str, *, ours: bool) -> None:
    error = Door(8000, listens).refuses(request(asks))
    assert error is not None
    assert (error.code == "no-token") is ours


def test_an_address_of_one_time_opens_one_time() -> None:
    door = Door(8000)
    token = door.address_once().partition("token=")[2]
    assert [door.opens(token), door.opens(token)] == [True, False]
    assert not door.knows(token)
    assert door.opens(door.token)
    assert door.opens(door.token)


def test_two_servers_do_not_let_in_one_anothers_guests(live: Live, page: httpx.Client) -> None:
    other = started()
    try:
        with httpx.Client(cookies=page.cookies) as guest:
            own = page.cookies[f"kaiyan-{live.port}"]
            assert guest.get(other.origin, headers={"Cookie": f"kaiyan-{other.port}={own}"}).status_code == 403
        with closing(other.browser()) as both:
            both.cookies.update(page.cookies)
            assert both.get("/").status_code == 200
        assert page.get("/").status_code == 200
    finally:
        other.end()
