"""One HTTP server on the loopback for all stand-ins, and the levers to move its clock and break it.

GET  /ozone/xrpc/...  /stripe/v1/...  /zendesk/api/v2/...     the vendors
GET  /truth[?now=ISO]                                         the raw records as known then (default: the clock)
POST /sandbox/clock   {"now": ISO}                            sets the clock, rewrites the files; forwards or back
POST /sandbox/fail    {"source", "status", "after"?, "retry_after"?}
                      after so many more requests that source answers with this status (401, 429, 500, ...),
                      until it is told {"status": null}; retry_after is sent with a 429 (default 1 second)
GET  /sandbox/served  -> {"total", "by_source"}               responses given below the vendors' paths
"""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from sandbox.files import write_files
from sandbox.ozone import Ozone
from sandbox.rhythm import instant, iso_ms
from sandbox.stripe import Stripe
from sandbox.truth import truth
from sandbox.wire import AsOf, Reply, Request, encode, ok
from sandbox.world import World
from sandbox.zendesk import Zendesk

SOURCES = ("ozone", "stripe", "zendesk")
GENEROUS = 1_000_000


class ClockOrder(msgspec.Struct, forbid_unknown_fields=True):
    now: str


class FailOrder(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    status: int | None
    after: int = 0
    retry_after: int = 1


class Vendor(Protocol):
    def answer(self, request: Request, now: int) -> Reply: ...


class Stage:
    """What the server shows: the world, the clock, the failures ordered, and the count of what was served."""

    def __init__(self, world: World, now: int, folder: Path | None, exports_per_minute: int) -> None:
        self._world = world
        self._folder = folder
        self._vendors: dict[str, Vendor] = {
            "ozone": Ozone(world),
            "stripe": Stripe(world),
            "zendesk": Zendesk(world, exports_per_minute),
        }
        self._truth = AsOf(lambda now: truth(world, now))
        self._lock = Lock()
        self._served = dict.fromkeys(SOURCES, 0)
        self._faults: dict[str, FailOrder] = {}
        self.now = now
        self.set_clock(now)

    def set_clock(self, now: int) -> None:
        if self._folder is not None:
            write_files(self._world, now, self._folder)
        self.now = now

    def fail(self, order: FailOrder) -> None:
        """Raises ValueError for a source that is not there."""
        if order.source not in SOURCES:
            raise ValueError(f"source must be one of {', '.join(SOURCES)}")
        with self._lock:
            self._faults[order.source] = order

    def served(self) -> dict[str, object]:
        with self._lock:
            return {"total": sum(self._served.values()), "by_source": dict(self._served)}

    def truth(self, now: int) -> bytes:
        return self._truth.at(now)

    def vendor(self, source: str, request: Request) -> Reply:
        fault = self._fault(source)
        reply = fault or self._vendors[source].answer(request, self.now)
        with self._lock:
            self._served[source] += 1
        return reply

    def _fault(self, source: str) -> Reply | None:
        with self._lock:
            order = self._faults.get(source)
            if order is None or order.status is None:
                return None
            if order.after > 0:
                order.after -= 1
                return None
        extra = (("Retry-After", str(order.retry_after)),) if order.status == 429 else ()
        return Reply(order.status, _fault_body(source, order.status), extra)


def _fault_body(source: str, status: int) -> bytes:
    """An error in the shape of that vendor."""
    text = {401: "Authentication Required", 429: "Too Many Requests"}.get(status, "Internal Server Error")
    if source == "ozone":
        return encode({"error": text.title().replace(" ", ""), "message": text})
    if source == "stripe":
        kind = "api_error" if status >= 500 else "invalid_request_error"
        return encode({"error": {"type": kind, "message": text}})
    return encode({"error": text, "description": text})


def control(stage: Stage, method: str, request: Request, body: bytes) -> Reply:
    """The sandbox's own paths."""
    try:
        match method, request.path:
            case "GET", "/truth":
                asked = request.one("now")
                return Reply(200, stage.truth(instant(asked) if asked else stage.now))
            case "GET", "/sandbox/served":
                return ok(stage.served())
            case "POST", "/sandbox/clock":
                stage.set_clock(instant(msgspec.json.decode(body, type=ClockOrder).now))
                return ok({"now": iso_ms(stage.now)})
            case "POST", "/sandbox/fail":
                stage.fail(msgspec.json.decode(body, type=FailOrder))
                return ok({"ok": True})
    except (ValueError, msgspec.MsgspecError) as error:
        return Reply(400, encode({"error": str(error)}))
    return Reply(404, encode({"error": f"{method} {request.path} is not served here"}))


def _handler(stage: Stage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body leave in one packet

        def do_GET(self) -> None:
            self._answer("GET", b"")

        def do_POST(self) -> None:
            self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        def _answer(self, method: str, body: bytes) -> None:
            parts = urlsplit(self.path)
            _, source, *_ = (*parts.path.split("/"), "")
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = parse_qs(parts.query, keep_blank_values=True)
            if source in SOURCES and method == "GET":
                path = unquote(parts.path[len(source) + 1 :])
                self._send(stage.vendor(source, Request(path, query, headers)))
            else:
                self._send(control(stage, method, Request(parts.path, query, headers), body))

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(reply.body)))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
            """Quiet: a test's output is its own."""

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, stage: Stage, port: int) -> None:
        super().__init__(("127.0.0.1", port), _handler(stage))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed in the middle of an answer is part of the tests, not an error of the server."""
