"""A deadline for whole answers: socket timeouts bound each wait, and a byte every few seconds passes all of them."""

from __future__ import annotations

import io
import math
import socket
import time
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter


class PacedAdapter(HTTPAdapter):
    """Answers, headers included, are read until `deadline` (time.monotonic) and no longer."""

    def __init__(self) -> None:
        super().__init__()
        self.deadline = math.inf

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool for a request, its connections made to keep the deadline."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if not hasattr(pool.ConnectionCls, "paced"):
            pool.ConnectionCls = type("Paced", (pool.ConnectionCls,), {"response_class": self._response, "paced": True})
        return pool

    @property
    def _response(self) -> type[HTTPResponse]:
        adapter = self

        class Response(HTTPResponse):
            def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
                super().__init__(_Opener(sock, adapter), *args, **kwargs)  # type: ignore[arg-type]

        return Response


class _Opener:
    """Stands in for the socket where http.client asks it for a file."""

    def __init__(self, sock: socket.socket, adapter: PacedAdapter) -> None:
        self._sock, self._adapter = sock, adapter

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_PacedFile(self._sock, self._adapter))


class _PacedFile(io.RawIOBase):
    def __init__(self, sock: socket.socket, adapter: PacedAdapter) -> None:
        # A real file of the socket, for closing the connection must wait until it is closed too.
        self._file = sock.makefile("rb", buffering=0)
        self._sock, self._adapter = sock, adapter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._adapter.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        usual = self._sock.gettimeout()
        if usual is not None and usual <= left:
            return self._file.readinto(buffer)
        self._sock.settimeout(left)
        try:
            return self._file.readinto(buffer)
        finally:
            self._sock.settimeout(usual)

    def close(self) -> None:
        self._file.close()
        super().close()
