"""A helpdesk in Zendesk's wire format, below `/zendesk/api/v2/`.

Kept as they are there: the cursor export orders by, and `start_time` compares with, `generated_timestamp`, so that
tickets with an old `updated_at` come again; `metric_set` only on a page that asks for it; what changed within the last
minute is not exported yet; a page can be empty with `end_of_stream` false (here at the middle of every month); deleted
tickets come with status "deleted" and no metrics; 429 with Retry-After beyond the export's requests per minute.

Assumed, where the vendor's documentation is silent: while a ticket is open again its metric_set keeps solved_at and
full_resolution_time_in_minutes of the last solve; a deleted ticket has no metric_set key; an export with nothing to
give still hands out a cursor; satisfaction ratings come oldest first, start_time (inclusive) and end_time (exclusive)
compare with created_at, and an answer is a rating of its own beside the offer; business minutes equal calendar minutes;
`first_resolution` is that of the first solve; replies counts the one reply that is simulated.
"""

import base64
import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from operator import attrgetter
from threading import Lock
from typing import Any

import msgspec

from sandbox.helpdesk import Change, Rating, Ticket
from sandbox.rhythm import MINUTE, SECOND, iso_s
from sandbox.wire import AsOf, BadRequestError, Reply, Request, basic, encode, limit, ok
from sandbox.world import World

EMAIL = "ops@example.org"
API_TOKEN = "sandbox-zendesk"  # noqa: S105  it guards nothing
EXPORTS_PER_MINUTE = 10  # the vendor's own figure; the sandbox starts with a generous one
_BASE = "https://example.zendesk.com/api/v2"
_FIELDS = [{"id": 360000000001, "value": "9.4.1"}, {"id": 360000000002, "value": None}]
_SAME_FOR_ALL: dict[str, Any] = {
    "external_id": None,
    "type": "incident",
    "description": "Hello, somebody on your service is sending the same message to everyone I know. Please look.",
    "priority": None,
    "recipient": None,
    "organization_id": None,
    "group_id": 500_000_001,
    "has_incidents": False,
    "is_public": True,
    "custom_fields": _FIELDS,
    "fields": _FIELDS,  # the vendor sends them twice
    "satisfaction_rating": {"score": "unoffered"},
    "brand_id": 400_000_001,
    "allow_channelback": False,
}
_STATUS_AFTER = {"reply": "pending", "solve": "solved", "reopen": "open", "close": "closed", "delete": "deleted"}


class _Seen(msgspec.Struct, frozen=True):
    """A ticket as of one instant; `generated` in epoch seconds."""

    generated: int
    ticket: Ticket
    lived: tuple[Change, ...]


class _Export(msgspec.Struct, frozen=True):
    keys: list[tuple[int, int]]
    rows: list[_Seen]


class Zendesk:
    def __init__(self, world: World, exports_per_minute: int) -> None:
        self._world = world
        self._per_minute = exports_per_minute
        self._served: deque[float] = deque()
        self._lock = Lock()
        self._export = AsOf(self._look)
        self._bodies: dict[tuple[int, int, str], msgspec.Raw] = {}

    def answer(self, request: Request, now: int) -> Reply:
        if request.headers.get("authorization") != basic(f"{EMAIL}/token", API_TOKEN):
            return Reply(401, encode({"error": "Couldn't authenticate you"}))
        path = request.path.removeprefix("/api/v2").removesuffix(".json")
        try:
            if path == "/incremental/tickets/cursor":
                return self._too_many() or self._tickets(request, now)
            if path == "/satisfaction_ratings":
                return self._ratings(request, now)
        except (BadRequestError, ValueError) as error:
            return Reply(400, encode({"error": "InvalidValue", "description": str(error)}))
        return Reply(404, encode({"error": "InvalidEndpoint", "description": "Not found"}))

    def _too_many(self) -> Reply | None:
        with self._lock:
            moment = time.monotonic()
            while self._served and self._served[0] <= moment - 60:
                self._served.popleft()
            if len(self._served) < self._per_minute:
                self._served.append(moment)
                return None
            wait = max(1, round(self._served[0] + 60 - moment))
        body = encode(
            {"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"}
        )
        return Reply(429, body, (("Retry-After", str(wait)),))

    def _look(self, now: int) -> _Export:
        rows = []
        for ticket in self._world.tickets:
            if ticket.created > now:
                break
            lived = tuple(change for change in ticket.changes if change.at <= now)
            changed = lived[-1].at if lived else ticket.created
            if changed <= now - MINUTE:
                rows.append(_Seen(changed // SECOND, ticket, lived))
        rows.sort(key=lambda seen: (seen.generated, seen.ticket.id))
        return _Export([(seen.generated, seen.ticket.id) for seen in rows], rows)

    def _tickets(self, request: Request, now: int) -> Reply:
        size = limit(request.one("per_page"), 1000, 1000)
        export, cursor = self._export.at(now), request.one("cursor")
        if cursor is not None:
            position, skipped = _decoded(cursor)
        else:
            position, skipped = (int(request.one("start_time") or _missing("start_time")), 0), False
        start = bisect_left(export.keys, position)
        end = _page_end(export.keys, start, size)
        gap = start < len(export.keys) and not skipped and cursor is not None and _crosses(export.keys, start)
        rows = [] if gap else export.rows[start:end]
        after = (rows[-1].generated, rows[-1].ticket.id + 1) if rows else position
        token = _encoded(after, skipped=gap)
        metrics = "metric_sets" in (request.one("include") or "").split(",")
        return ok(
            {
                "tickets": [self._ticket(seen, metrics=metrics) for seen in rows],
                "after_cursor": token,
                "after_url": f"{_BASE}/incremental/tickets/cursor.json?cursor={token}",
                "before_cursor": None,
                "before_url": None,
                "end_of_stream": not gap and end >= len(export.rows),
            }
        )

    def _ticket(self, seen: _Seen, *, metrics: bool) -> msgspec.Raw:
        key = (seen.ticket.id, len(seen.lived), "metrics" if metrics else "")
        body = self._bodies.get(key)
        if body is None:
            view = _ticket_view(seen)
            if metrics and view["status"] != "deleted":
                view["metric_set"] = _metric_set(seen)
            body = self._bodies[key] = msgspec.Raw(encode(view))
        return body

    def _ratings(self, request: Request, now: int) -> Reply:
        size = limit(request.one("page[size]"), 100, 100)
        low = int(request.one("start_time") or 0) * SECOND
        high = min(int(request.one("end_time") or now) * SECOND, now + 1)
        after = int(_text(request.one("page[after]"))) if request.one("page[after]") else 0
        ratings, at = self._world.ratings, attrgetter("created")
        start = max(bisect_left(ratings, low, key=at), bisect_right(ratings, after, key=attrgetter("id")))
        rows = (ratings[i] for i in range(start, bisect_left(ratings, high, key=at)))
        found = (_rating_view(rating, now) for rating in rows)
        views = list(islice((view for view in found if _score_wanted(view["score"], request.one("score"))), size + 1))
        page, more = views[:size], len(views) > size
        token = base64.b64encode(str(page[-1]["id"]).encode()).decode() if page else None
        return ok(
            {
                "satisfaction_ratings": page,
                "meta": {"has_more": more, "after_cursor": token, "before_cursor": None},
                "links": {
                    "next": f"{_BASE}/satisfaction_ratings.json?page[after]={token}&page[size]={size}"
                    if more
                    else None,
                    "prev": None,
                },
            }
        )


def _missing(name: str) -> str:
    raise BadRequestError(f"{name} is missing")


def _text(token: str | None) -> str:
    return base64.b64decode(token or "", validate=True).decode()


def _encoded(position: tuple[int, int], *, skipped: bool) -> str:
    return base64.b64encode(f"{position[0]}.0||{position[1]}||{int(skipped)}".encode()).decode()


def _decoded(cursor: str) -> tuple[tuple[int, int], bool]:
    parts = _text(cursor).split("||")
    if len(parts) != 3:
        raise BadRequestError("cursor is invalid")
    return (int(float(parts[0])), int(parts[1])), parts[2] == "1"


def _half_month(generated: int) -> tuple[int, int, bool]:
    day = datetime.fromtimestamp(generated, UTC)
    return day.year, day.month, day.day >= 15


def _crosses(keys: Sequence[tuple[int, int]], place: int) -> bool:
    """Whether the row at `place` is the first one after the middle of a month."""
    if place == 0:
        return False
    before, here = _half_month(keys[place - 1][0]), _half_month(keys[place][0])
    return before != here and here[2]


def _page_end(keys: list[tuple[int, int]], start: int, size: int) -> int:
    """Where the page ends: after `size` rows, or at the middle of a month, which an empty page follows."""
    end = min(start + size, len(keys))
    if start >= end or _half_month(keys[start][0]) == _half_month(keys[end - 1][0]):
        return end
    first = _half_month(keys[start][0])
    place = bisect_right(keys, first, lo=start, hi=end, key=lambda key: _half_month(key[0]))
    while place < end and not _crosses(keys, place):
        place = bisect_right(keys, _half_month(keys[place][0]), lo=place, hi=end, key=lambda key: _half_month(key[0]))
    return place


def _visible(lived: Sequence[Change]) -> list[Change]:
    return [change for change in lived if change.kind != "touch"]


def _ticket_view(seen: _Seen) -> dict[str, Any]:
    ticket, visible = seen.ticket, _visible(seen.lived)
    kind = ["user_report"] if ticket.user_report else ["billing"] if ticket.id % 3 else ["how_to"]
    subject = f"Report about a profile ({ticket.id})" if ticket.user_report else f"Question ({ticket.id})"
    return _SAME_FOR_ALL | {
        "id": ticket.id,
        "url": f"{_BASE}/tickets/{ticket.id}.json",
        "via": {"channel": ticket.channel, "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": iso_s(ticket.created),
        "updated_at": iso_s(visible[-1].at if visible else ticket.created),
        "generated_timestamp": seen.generated,
        "subject": subject,
        "raw_subject": subject,
        "status": _STATUS_AFTER[visible[-1].kind] if visible else "new",
        "requester_id": ticket.requester,
        "submitter_id": ticket.requester,
        "assignee_id": ticket.assignee,
        "tags": [*kind, "lang_en"],
    }


def _minutes(created: int, at: int | None) -> dict[str, int | None]:
    value = None if at is None else (at - created) // MINUTE
    return {"calendar": value, "business": value}


def _metric_set(seen: _Seen) -> dict[str, object]:
    ticket, visible = seen.ticket, _visible(seen.lived)
    solves = [change.at for change in visible if change.kind == "solve"]
    replied = next((change.at for change in visible if change.kind == "reply"), None)
    updated = visible[-1].at if visible else ticket.created
    created = ticket.created
    return {
        "id": ticket.id + 10_000_000,
        "url": f"{_BASE}/ticket_metrics/{ticket.id + 10_000_000}.json",
        "ticket_id": ticket.id,
        "created_at": iso_s(created),
        "updated_at": iso_s(updated),
        "group_stations": 1,
        "assignee_stations": 1,
        "reopens": sum(change.kind == "reopen" for change in visible),
        "replies": int(replied is not None),
        "status_updated_at": iso_s(updated),
        "initially_assigned_at": iso_s(created),
        "assigned_at": iso_s(created),
        "solved_at": iso_s(solves[-1]) if solves else None,
        "reply_time_in_minutes": _minutes(created, replied),
        "first_resolution_time_in_minutes": _minutes(created, solves[0] if solves else None),
        "full_resolution_time_in_minutes": _minutes(created, solves[-1] if solves else None),
        "requester_wait_time_in_minutes": _minutes(created, solves[-1] if solves else None),
        "on_hold_time_in_minutes": {"calendar": 0, "business": 0},
    }


def _rating_view(rating: Rating, now: int) -> dict[str, object]:
    at, score = [entry for entry in rating.scores if entry[0] <= now][-1]
    return {
        "id": rating.id,
        "url": f"{_BASE}/satisfaction_ratings/{rating.id}.json",
        "assignee_id": rating.assignee,
        "group_id": 500_000_001,
        "requester_id": rating.requester,
        "ticket_id": rating.ticket,
        "score": score,
        "comment": "Thank you" if score == "good" else None,
        "reason": None,
        "created_at": iso_s(rating.created),
        "updated_at": iso_s(at),
    }


def _score_wanted(score: object, wanted: str | None) -> bool:
    if wanted is None:
        return True
    return score in {"good", "bad"} if wanted == "received" else score == wanted
