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
    records = [_record(number) for number in range(PAGE)]
    return re.split(rb"(@[A-Z]+@)", json.dumps(records).encode())


def _record(number: int) -> dict[str, object]:
    """As helpdesks send them: some forty keys, of which six are wanted."""
    return {
        "url": f"https://desk.example.com/api/v2/tickets/@PAGE@{number:03d}.json",
        "id": f"@PAGE@{number:03d}",
        "external_id": None,
        "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
        "channel": "in_app" if number % 3 else "email",
        "created_at": f"@MADE@:{number * 3 // 60:02d}:{number * 3 % 60:02d}Z",
        "updated_at": f"@LATER@:{number % 60:02d}:42Z",
        "replied_at": f"@LATER@:{number % 60:02d}:07Z",
        "solved_at": None if number % 5 == 0 else f"@LATER@:{number % 60:02d}:41Z",
        "type": "problem",
        "subject": WORDS[:60],
        "raw_subject": WORDS[:60],
        "description": WORDS[:88],
        "priority": "normal",
        "status": "open" if number % 5 == 0 else "solved",
        "recipient": None,
        "requester": {"id": f"@GROUP@{number:03d}", "name": "A. User", "locale": "en-GB"},
        "submitter_id": 20_978_392_100 + number,
        "assignee_id": 20_978_300_000 + number % 40,
        "organization_id": None,
        "group_id": 20_455_932,
        "collaborator_ids": [],
        "follower_ids": [20_978_300_001, 20_978_300_002],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": ["user_report", "mobile", "lang_en", "sla_standard"],
        "custom_fields": [{"id": 27_642 + each, "value": "9.4.1" if each % 3 == 0 else None} for each in range(6)],
        "satisfaction_rating": {"score": "unoffered"},
        "sharing_agreement_ids": [],
        "followup_ids": [],
        "ticket_form_id": 360_000_124,
        "brand_id": 360_000_351,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
        "generated_timestamp": 1_767_225_600,
        "result_type": "ticket",
    }


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
