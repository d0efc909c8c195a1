"""Chat services' webhooks: they keep what is posted, and answer as they are told to."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Answer = tuple[int, dict[str, str], bytes]


class Post(NamedTuple):
    """One request, as it came."""

    path: str
    headers: Any
    body: bytes


class Webhooks:
    """A server on the loopback while it is open. `answer` None: the text is read, and the connection dropped."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answer: Answer | None = (200, {}, b"ok")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def netloc(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Webhooks:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hooks.posts.append(Post(self.path, self.headers, body))
                if hooks.answer is None:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, headers, answer = hooks.answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's names
                pass

        return Handler
