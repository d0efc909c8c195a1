"""A source of made-up tickets, 1.6 kB each, in pages of 1,000, oldest change first. Prints its port, then serves.

    python -m benchmarks.pulling.server TICKETS

/tickets?page=N is a page of the whole list; with &changed=1 the list is the one percent that changed since.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 1_000
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = "somebody wrote a few lines about what happened to them and wants it to be looked at soon "


def template() -> list[bytes]:
    """A page in pieces, every second of them a mark where its number or its hours belong."""
    records = [
        {
            "id": f"@PAGE@{number:03d}",
            "created_at": f"@MADE@:{number * 3 // 60:02d}:{number * 3 % 60:02d}Z",
            "replied_at": f"@LATER@:{number % 60:02d}:07Z",
            "solved_at": None if number % 5 == 0 else f"@LATER@:{number % 60:02d}:41Z",
            "updated_at": f"@LATER@:{number % 60:02d}:42Z",
            "channel": "in_app" if number % 3 else "email",
            "requester": {"id": f"@GROUP@{number:03d}", "name": "A. User", "locale": "en-GB"},
            "tags": ["user_report", "mobile", "lang_en"],
            "priority": "normal",
            "subject": WORDS[:60],
            "description": (WORDS * 12)[:1_060],
            "custom_fields": [{"id": 27642, "value": "9.4.1"}, {"id": 27648, "value": None}],
        }
        for number in range(PAGE)
    ]
    return re.split(rb"(@[A-Z]+@)", json.dumps(records).encode())


def page(blank: list[bytes], number: int, *, last: bool) -> bytes:
    made = START + timedelta(hours=number)
    marks = {
        b"@PAGE@": str(number),
        b"@GROUP@": str(number % 9),
        b"@MADE@": made.strftime("%Y-%m-%dT%H"),
        b"@LATER@": (made + timedelta(hours=5)).strftime("%Y-%m-%dT%H"),
    }
    written = {mark: text.encode() for mark, text in marks.items()}
    body = b"".join(written.get(piece, piece) for piece in blank)
    following = "null" if last else f'"{number + 1}"'
    return b'{"next": ' + following.encode() + b', "tickets": ' + body + b"}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    blank: list[bytes] = []  # noqa: RUF012 -- set once, before any request
    pages = 0

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        changed = "changed" in query
        pages = max(1, self.pages // 100) if changed else self.pages
        number = int(query.get("page", ["0"])[0])
        body = page(self.blank, number, last=number + 1 >= pages)
        if changed:
            body = body.replace(b':41Z"', b':43Z"')
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_words: object) -> None:
        """Says nothing."""


def main() -> None:
    Handler.blank, Handler.pages = template(), int(sys.argv[1]) // PAGE
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
