"""Support tickets and satisfaction ratings."""

from random import Random

import msgspec

from sandbox.rhythm import DAY, HOUR, MINUTE, SECOND, Share, Trend, arrivals, pick

_IN_TIME = Trend({"2026-09-20": 0.73, "2026-10-05": 0.75, "2026-11-08": 0.835, "2026-12-31": 0.89})
_IN_APP = Trend({"2026-10-20": 0.002, "2026-11-01": 0.02, "2026-11-22": 0.075, "2026-12-15": 0.30, "2026-12-31": 0.42})
_LIMIT = 48 * HOUR


class Change(msgspec.Struct, frozen=True):
    """`kind` is reply, solve, reopen, close, delete, or touch (reindexed: nothing that a person sees changes)."""

    at: int
    kind: str


class Ticket(msgspec.Struct, frozen=True):
    id: int
    created: int
    user_report: bool
    channel: str
    requester: int
    assignee: int
    changes: tuple[Change, ...]


class Rating(msgspec.Struct, frozen=True):
    """`scores` are (instant, score), the first at its creation: users may change their mind."""

    id: int
    ticket: int
    requester: int
    assignee: int
    created: int
    scores: tuple[tuple[int, str], ...]


def generate(rng: Random) -> tuple[list[Ticket], list[Rating]]:
    """Tickets and ratings, each in the order of creation."""
    in_time, in_app = Share(rng), Share(rng)
    tickets = []
    created = [_clear(at) for at in arrivals(rng, Trend({"2026-06-20": 66, "2026-12-31": 80}))]
    for number, at in enumerate(created, start=200_001):
        user_report = rng.random() < 0.56
        channel = _channel(rng, at, in_app, user_report=user_report)
        quick = in_time.draw(_IN_TIME.at(at)) if user_report else rng.random() < 0.8
        changes = _life(rng, at, in_time=quick)
        requester = 900_000_000 + rng.randrange(7_000)
        assignee = 700_000_000 + rng.randrange(24)
        tickets.append(Ticket(number, at, user_report, channel, requester, assignee, changes))
    return tickets, _ratings(rng, tickets)


def _clear(at: float) -> int:
    """A whole second, not in the last minute before a full hour: what changed within a minute is not exported yet."""
    whole = int(at) // SECOND * SECOND
    if whole % HOUR >= 59 * MINUTE - SECOND:
        whole += 2 * MINUTE
    return whole + SECOND if whole % HOUR == 0 else whole


def _channel(rng: Random, at: int, in_app: Share, *, user_report: bool) -> str:
    if user_report and in_app.draw(_IN_APP.at(at)):
        return pick(rng, (("mobile_sdk", 3.0), ("native_messaging", 2.0)))
    return pick(rng, (("web", 6.0), ("email", 3.0), ("api", 0.5)))


def _solved_after(rng: Random, *, in_time: bool) -> float | None:
    """Milliseconds from creation to the last solve; None if it never comes."""
    if in_time:
        # Now and then to the second at the limit, which still counts.
        return float(_LIMIT) if rng.random() < 0.002 else min(rng.gammavariate(2.0, 8.5), 47.5) * HOUR
    return None if rng.random() < 0.12 else rng.uniform(48.6, 170) * HOUR


def _life(rng: Random, created: int, *, in_time: bool) -> tuple[Change, ...]:
    changes = []
    after = _solved_after(rng, in_time=in_time)
    if after is not None:
        solved = created + _LIMIT if after == _LIMIT else _clear(created + max(after, 5 * MINUTE))
        changes += _until_solved(rng, created, solved)
        _afterwards(rng, solved, changes)
    elif rng.random() < 0.8:
        changes.append(Change(_clear(created + rng.uniform(0.2, 30) * HOUR), "reply"))
    if rng.random() < 0.05:
        last = changes[-1].at if changes else created
        changes.append(Change(_clear(last + rng.uniform(1, 20) * DAY), "touch"))
    if rng.random() < 0.015:
        last = changes[-1].at if changes else created
        changes.append(Change(_clear(last + rng.uniform(0.1, 3) * DAY), "delete"))
    return tuple(changes)


def _until_solved(rng: Random, created: int, solved: int) -> list[Change]:
    span = solved - created
    points = sorted(_clear(created + span * rng.uniform(0.1, 0.85)) for _ in range(3))
    changes = [Change(points[0], "reply")] if rng.random() < 0.9 else []
    if span > 4 * HOUR and rng.random() < 0.08 and points[0] < points[1] < points[2] < solved:
        changes += [Change(points[1], "solve"), Change(points[2], "reopen")]
    return [change for change in changes if change.at < solved] + [Change(solved, "solve")]


def _afterwards(rng: Random, solved: int, changes: list[Change]) -> None:
    """Closed four days later; or reopened by the user and still open."""
    if rng.random() < 0.012:
        changes.append(Change(_clear(solved + rng.uniform(2, 90) * HOUR), "reopen"))
    else:
        changes.append(Change(_clear(solved + 4 * DAY), "close"))


def _ratings(rng: Random, tickets: list[Ticket]) -> list[Rating]:
    """A day after a solve some users are asked; few answer. The offer and the answer are two ratings."""
    rate = Trend({"2026-06-20": 0.022, "2026-10-01": 0.027, "2026-12-31": 0.042})
    found: list[tuple[int, Ticket, tuple[tuple[int, str], ...]]] = []
    for ticket in tickets:
        solved = next((change.at for change in ticket.changes if change.kind == "solve"), None)
        if solved is None or rng.random() > 0.35:
            continue
        offered = _clear(solved + DAY)
        found.append((offered, ticket, ((offered, "offered"),)))
        if rng.random() < rate.at(offered) / 0.3:
            found.append(_answer(rng, ticket, offered))
    found.sort(key=lambda entry: (entry[0], entry[1].id))
    return [
        Rating(6_000_000 + i, ticket.id, ticket.requester, ticket.assignee, at, scores)
        for i, (at, ticket, scores) in enumerate(found)
    ]


def _answer(rng: Random, ticket: Ticket, offered: int) -> tuple[int, Ticket, tuple[tuple[int, str], ...]]:
    at = _clear(offered + rng.uniform(0.1, 40) * HOUR)
    score = "good" if rng.random() < 0.78 else "bad"
    scores = [(at, score)]
    if rng.random() < 0.06:
        scores.append((_clear(at + rng.uniform(1, 50) * HOUR), "bad" if score == "good" else "good"))
    return at, ticket, tuple(scores)
