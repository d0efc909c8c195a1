"""Sign-ups, the moderation team, its training, and the monthly audits."""

from random import Random

import msgspec

from sandbox.rhythm import DAY, HOUR, Share, Trend, arrivals, instant

COURSE = "guidelines-2026-10"
LAST_TRAINED = 7
_FRAUD = Trend({"2026-07-01": 0.0200, "2026-09-25": 0.0199, "2026-10-24": 0.0148, "2026-12-31": 0.0125})


class Account(msgspec.Struct, frozen=True):
    """`verdicts` are (instant, verdict), in order; before the first there is none."""

    id: str
    created: int
    admitted: bool
    verdicts: tuple[tuple[int, str], ...]


class Member(msgspec.Struct, frozen=True):
    id: str
    did: str
    role: str
    joined: int
    left: int | None


class Training(msgspec.Struct, frozen=True):
    id: str
    member: str
    course: str
    assigned: int
    completed: int | None


class Audit(msgspec.Struct, frozen=True):
    """`started` is when it first stands in the list; `period` a month like 2026-10."""

    id: str
    period: str
    scope: str
    started: int
    completed: int
    reported: int


def accounts(rng: Random) -> list[Account]:
    """Sign-ups in the order of their creation."""
    found, fraud, slow = [], Share(rng), Share(rng)
    for number, at in enumerate(arrivals(rng, Trend({"2026-06-20": 178, "2027-01-10": 206})), start=1):
        admitted = rng.random() < 0.92
        bad = fraud.draw(_FRAUD.at(at)) if admitted else rng.random() < 0.8
        found.append(Account(f"u-{number:07}", at, admitted, _verdicts(rng, at, slow, admitted=admitted, fraud=bad)))
    return found


def _verdicts(rng: Random, at: int, slow: Share, *, admitted: bool, fraud: bool) -> tuple[tuple[int, str], ...]:
    """Never within two hours of the 30th day, where an hour's difference in "30 days" would decide."""
    if not admitted:
        return ((at + 40_000, "fraud" if fraud else "unknown"),)
    if fraud:
        first = at + int(min(rng.expovariate(1 / 7.0) + 0.05, 29.5) * DAY)
        if rng.random() < 0.03:
            return ((first, "fraud"), (first + int(rng.uniform(1, 6) * DAY) + 3 * HOUR, "legitimate"))
        return ((first, "fraud"),)
    if slow.draw(0.0025):
        return ((at + int(rng.uniform(31, 75) * DAY), "fraud"),)
    if rng.random() < 0.8:
        return ((at + int(rng.uniform(3, 14) * DAY), "legitimate"),)
    return ()


def members(rng: Random) -> list[Member]:
    """About forty; three left, three joined during the span."""
    found = []
    for number in range(1, 43):
        joined = instant("2024-03-01T09:00:00Z") + int(rng.random() * 700) * DAY
        role = "roleAdmin" if number <= 2 else "roleTriage" if number % 5 == 0 else "roleModerator"
        found.append(Member(f"mod-{number:03}", f"did:plc:{rng.getrandbits(60):015x}", role, joined, None))
    for index, left in ((17, "2026-08-31T16:00:00Z"), (25, "2026-10-16T16:00:00Z"), (33, "2026-12-18T16:00:00Z")):
        found[index] = msgspec.structs.replace(found[index], left=instant(left))
    for index, joined_at in ((39, "2026-09-01T08:00:00Z"), (40, "2026-10-05T08:00:00Z"), (41, "2026-12-01T08:00:00Z")):
        found[index] = msgspec.structs.replace(found[index], joined=instant(joined_at))
    return found


def training(rng: Random, team: list[Member]) -> list[Training]:
    """Everyone took last year's course; the new one is done on 16 November, by later joiners in two weeks."""
    found = []
    published, share = instant("2026-10-01T07:00:00Z"), Share(rng)
    for number, member in enumerate(team, start=1):
        old = max(member.joined, instant("2025-10-01T07:00:00Z"))
        found.append(Training(f"t-{number:04}", member.id, "guidelines-2025-10", old, old + 9 * DAY))
        if member.left is not None and member.left < published:
            continue
        assigned = max(member.joined, published)
        before_november = assigned == published and share.draw(0.62)
        days = rng.uniform(3, 30) if before_november else rng.uniform(31, 44)
        if number == LAST_TRAINED:
            days = 46.0
        completed = assigned + int((days if assigned == published else rng.uniform(4, 14)) * DAY)
        done = None if member.left is not None and completed > member.left else completed
        found.append(Training(f"t-{number + 500:04}", member.id, COURSE, assigned, done))
    return found


def audits() -> list[Audit]:
    """One a month, of the accounts with the highest risk; September's report came two days late."""
    dates = {
        "2026-06": ("2026-06-22", "2026-06-27", "2026-06-29"),
        "2026-07": ("2026-07-20", "2026-07-27", "2026-07-30"),
        "2026-08": ("2026-08-19", "2026-08-26", "2026-08-28"),
        "2026-09": ("2026-09-21", "2026-09-29", "2026-10-02"),
        "2026-10": ("2026-10-19", "2026-10-26", "2026-10-28"),
        "2026-11": ("2026-11-17", "2026-11-24", "2026-11-26"),
        "2026-12": ("2026-12-14", "2026-12-28", "2027-01-04"),
    }
    return [
        Audit(f"audit-{period}", period, "high-risk accounts", *(instant(f"{day}T10:00:00Z") for day in days))
        for period, days in dates.items()
    ]
