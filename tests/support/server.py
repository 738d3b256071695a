"""A web server on this machine whose pages misbehave as told, for the tests of downloading."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mgrbench.core import download as resuming


@dataclass
class Page:
    """A file on the server, and how the server treats it.

    Attributes:
        body: the file.
        headers: sent with every answer, the validator among them.
        ranges: whether it can send a part.
        cut: bytes of the body after which it hangs up; None for never.
        length: whether it says how long the body is.
        status: sent in place of 200; anything else has no body.
        endless: whether the body is sent again and again.
    """

    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"1"'})
    ranges: bool = True
    cut: int | None = None
    length: bool = True
    status: int = 200
    endless: bool = False

    def range(self, asked: dict[str, str]) -> tuple[int, int] | None:
        """The part that is asked for, unless all of it must be sent."""
        match = re.fullmatch("bytes=([0-9]+)-", asked.get("Range", ""))
        mine = {self.headers.get("ETag"), self.headers.get("Last-Modified")} - {None}
        if not match or not self.ranges or asked.get("If-Range", "") not in mine:
            return None
        return int(match[1]), len(self.body)


@dataclass(frozen=True)
class Answer:
    """What was asked, what was answered, and how much of the body was sent."""

    path: str
    asked: dict[str, str]
    status: int
    sent: int


class Server(ThreadingHTTPServer):
    """The server: ``pages`` by their path, and the ``answers`` it gave, in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, Page] = {}
        self.answers: list[Answer] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """The client hung up: that is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path, Page(status=404))
        asked = dict(self.headers)
        part = page.range(asked) if page.status == 200 else None
        headers = dict(page.headers)
        body, status = (page.body, page.status) if page.status == 200 else (b"", page.status)
        if part and part[0] >= part[1]:
            body, status = b"", 416
        elif part:
            body, status = page.body[part[0] :], 206
            headers.setdefault("Content-Range", f"bytes {part[0]}-{part[1] - 1}/{part[1]}")
        elif status == 200:
            headers.pop("Content-Range", None)
        if page.length:
            headers.setdefault("Content-Length", str(len(body)))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        whole = body
        body = body if page.cut is None else body[: page.cut]
        self.server.answers.append(Answer(self.path, asked, status, len(body)))
        self.wfile.write(body)
        while page.endless:
            self.wfile.write(whole)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A running server, whose addresses downloads may have for once although they are not HTTPS."""
    monkeypatch.setattr(resuming, "SCHEMES", ("http",))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
