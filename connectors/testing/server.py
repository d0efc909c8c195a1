"""A small HTTP server on the loopback that answers by script, faults included.

    with serve({"/items": [reply({"items": []}), reply(status=503)]}) as server: ...

A path's replies are used up in turn; the last one is repeated. A reply may also be a function of the request.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Seen:
    """One request that the server got. `pairs`: the query where a name may come several times."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    pairs: tuple[tuple[str, str], ...] = ()

    def every(self, name: str) -> list[str]:
        """All values that the query gives for one name."""
        return [value for each, value in self.pairs if each == name]


@dataclass(frozen=True)
class Reply:
    """One answer. `declared`: the Content-Length claimed; `reset`: then break off.

    `drip`: seconds before each byte of the body; `drip_head`: before each byte of a status line that never ends.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    declared: int | None = None
    drip: float = 0.0
    drip_head: float = 0.0
    reset: bool = False


Answering: TypeAlias = Reply | Callable[[Seen], Reply]
Script: TypeAlias = Mapping[str, Answering | Sequence[Answering]]


def reply(body: Any = None, *, status: int = 200, headers: Mapping[str, str] | None = None, **faults: Any) -> Reply:
    """A Reply whose body is JSON, or bytes as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(raw, status, {"Content-Type": "application/json", **(headers or {})}, **faults)


class Server:
    """A running server: `url`, and what it has `seen`."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script = {path: list(one) if isinstance(one, Sequence) else [one] for path, one in script.items()}
        self._lock = threading.Lock()
        self.seen: list[Seen] = []
        self._http = _Http(("127.0.0.1", 0), type("Handler", (_Handler,), {"scripted": self}))
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def answer(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            replies = self._script.get(seen.path) or [Reply(b"{}", 404)]
            chosen = replies.pop(0) if len(replies) > 1 else replies[0]
        return chosen if isinstance(chosen, Reply) else chosen(seen)

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextmanager
def serve(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server with this script, stopped at the end."""
    server = Server(script, tls)
    try:
        yield server
    finally:
        server.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing when a client hangs up; anything else is printed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    scripted: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pairs = tuple(parse_qsl(parts.query))
        seen = Seen(self.command, parts.path, dict(pairs), dict(self.headers.items()), body, pairs)
        self._send(self.scripted.answer(seen))

    do_POST = do_GET  # noqa: N815

    def _send(self, answer: Reply) -> None:
        if answer.drip_head:
            self._drip(b"HTTP/1.1 200 " + b"x" * 10_000, answer.drip_head)
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        declared = len(answer.body) if answer.declared is None else answer.declared
        self.send_header("Content-Length", str(declared))
        self.end_headers()
        self.close_connection = declared != len(answer.body) or answer.reset
        if answer.drip:
            self.wfile.flush()
            self._drip(answer.body, answer.drip)
            return
        self.wfile.write(answer.body)
        self.wfile.flush()
        if answer.reset:  # closing with nothing to linger for sends RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _drip(self, data: bytes, pause: float) -> None:
        for byte in data:
            time.sleep(pause)
            self.wfile.write(bytes([byte]))
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Says nothing."""
