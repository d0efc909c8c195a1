"""Content reports, what happened to them, and machine assessments."""

from collections import deque
from random import Random

import msgspec

from sandbox.rhythm import DAY, HOUR, MINUTE, SECOND, Share, Trend, arrivals, instant, pick

AUTOMOD = "did:plc:automod4zq7x2m5k3w6t2fz"
_HUMAN_HOURS = Trend(
    {"2026-09-20": 24.6, "2026-10-01": 24.0, "2026-10-20": 21.6, "2026-11-22": 18.6, "2026-12-31": 15.2}
)
_ASSESSED = Trend({"2026-09-01": 0.05, "2026-10-01": 0.09, "2026-10-20": 0.26, "2026-11-22": 0.53, "2026-12-20": 0.66})
_CLEAN_UPS = tuple(instant(f"{day}T09:00:00Z") for day in ("2026-09-08", "2026-10-13", "2026-11-10"))
_RAIDS = tuple(instant(f"{day}T18:30:00Z") for day in ("2026-08-20", "2026-11-05"))
_RAID_SIZE = 130  # more than a page of 100 at one instant
_REASONS = (
    ("tools.ozone.report.defs#reasonMisleadingSpam", 34.0),
    ("tools.ozone.report.defs#reasonHarassmentTroll", 18.0),
    ("tools.ozone.report.defs#reasonHarassmentHateSpeech", 12.0),
    ("tools.ozone.report.defs#reasonMisleadingScam", 16.0),
    ("tools.ozone.report.defs#reasonSexualUnlabeled", 12.0),
    ("tools.ozone.report.defs#reasonViolenceThreats", 8.0),
)


class Activity(msgspec.Struct, frozen=True):
    """One step in a report's life; `kind` is close, reopen, escalate, assign or queue."""

    id: int
    report: int
    kind: str
    at: int
    automated: bool
    by: str


class Report(msgspec.Struct, frozen=True):
    id: int
    event: int
    created: int
    subject: str
    reporter: str
    reason: str
    muted: bool
    automated: bool
    activities: tuple[Activity, ...]


class ModEvent(msgspec.Struct, frozen=True):
    """One entry of the moderation log; `kind` is the short name (modEventReport, modEventTag, ...)."""

    id: int
    kind: str
    at: int
    subject: str
    by: str
    tool: str
    muted: bool


class Step(msgspec.Struct, frozen=True):
    kind: str
    at: int
    automated: bool
    by: str


class _Draft(msgspec.Struct):
    created: int
    subject: str
    reporter: str
    reason: str
    muted: bool
    automated: bool
    steps: list[Step]


class _Log(msgspec.Struct):
    """Entries of the moderation log before they have numbers; `report` is a draft's index for report events."""

    entries: list[tuple[int, str, str, str, str, bool, int]]

    def add(self, at: int, kind: str, subject: str, by: str, tool: str) -> None:
        self.entries.append((at, kind, subject, by, tool, False, -1))


def generate(rng: Random, moderators: list[str]) -> tuple[list[Report], list[ModEvent]]:
    """Reports in the order of their creation and the moderation log in its order."""
    log = _Log([])
    drafts = _reported(rng)
    assessed: dict[str, int] = {}
    shares = (Share(rng), Share(rng))
    for draft in drafts:
        _assess(rng, draft, assessed, shares, log)
        _handle(rng, draft, assessed, moderators, log)
    return _numbered(drafts, log)


def _subject(rng: Random) -> str:
    did = f"did:plc:{rng.getrandbits(60):015x}"
    return did if rng.random() < 0.35 else f"at://{did}/app.bsky.feed.post/{rng.getrandbits(52):013x}"


def _reported(rng: Random) -> list[_Draft]:
    drafts: list[_Draft] = []
    recent: deque[str] = deque(maxlen=60)
    for created in arrivals(rng, Trend({"2026-06-20": 84, "2026-10-01": 94, "2026-12-31": 108})):
        again = bool(recent) and rng.random() < 0.28
        subject = rng.choice(recent) if again else _subject(rng)
        recent.append(subject)
        reporter = f"did:plc:{rng.randrange(9_000):05}reporter"
        drafts.append(_Draft(created, subject, reporter, pick(rng, _REASONS), rng.random() < 0.04, False, []))
    for at in _RAIDS:
        reason = "tools.ozone.report.defs#reasonMisleadingBot"
        drafts += (_Draft(at, _subject(rng), AUTOMOD, reason, False, True, []) for _ in range(_RAID_SIZE))
    drafts.sort(key=lambda draft: draft.created)
    return drafts


def _assess(rng: Random, draft: _Draft, assessed: dict[str, int], shares: tuple[Share, Share], log: _Log) -> None:
    """Automod looks at the subject soon, or days later when people have long decided, or not at all."""
    soon, late = shares
    if draft.automated:
        assessed.setdefault(draft.subject, draft.created)
        return
    if draft.subject in assessed:
        return
    if soon.draw(_ASSESSED.at(draft.created)):
        at = draft.created + int(rng.lognormvariate(1.4, 0.9) * MINUTE) + 800
    elif late.draw(0.06):
        at = draft.created + int(rng.uniform(2, 6) * DAY)
    else:
        return
    assessed[draft.subject] = at
    kind = pick(rng, (("modEventTag", 5.0), ("modEventLabel", 3.0), ("modEventPriorityScore", 4.0)))
    log.add(at, kind, draft.subject, AUTOMOD, "automod")


def _handle(rng: Random, draft: _Draft, assessed: dict[str, int], moderators: list[str], log: _Log) -> None:
    """The steps from the queue to the decision, and sometimes back."""
    if rng.random() < 0.6:
        draft.steps.append(Step("queue", draft.created + rng.randrange(900, 40_000), True, AUTOMOD))
    machine = assessed.get(draft.subject)
    if machine is not None and machine - draft.created < HOUR and rng.random() < (0.7 if draft.automated else 0.16):
        at = max(machine, draft.created) + rng.randrange(45 * SECOND, 12 * MINUTE)
        _close(rng, draft, at, AUTOMOD, log)
    elif rng.random() < 0.985:
        _decide(rng, draft, rng.choice(moderators), log)
    elif rng.random() < 0.6:
        draft.steps.append(Step("escalate", draft.created + int(rng.uniform(1, 20) * HOUR), False, moderators[0]))
    if draft.steps and draft.steps[-1].kind == "close" and rng.random() < 0.03:
        _reopen(rng, draft, rng.choice(moderators), log)


def _decide(rng: Random, draft: _Draft, moderator: str, log: _Log) -> None:
    hours = min(rng.gammavariate(2.2, _HUMAN_HOURS.at(draft.created) / 2.2), 200.0)
    decided = _batched(rng, draft.created, draft.created + int(hours * HOUR) + 2 * MINUTE)
    between = decided - draft.created - MINUTE
    if rng.random() < 0.5:
        at = draft.created + MINUTE + int(between * rng.uniform(0.3, 0.7))
        draft.steps.append(Step("assign", at, False, moderator))
        if rng.random() < 0.2:
            at += int((decided - at) * rng.uniform(0.2, 0.8))
            draft.steps.append(Step("escalate", at, False, moderator))
    _close(rng, draft, decided, moderator, log)


def _batched(rng: Random, created: int, at: int) -> int:
    """Clean-ups, and the batch before lunch: many reports are closed at one and the same instant."""
    for clean_up in _CLEAN_UPS:
        if created < clean_up - HOUR and clean_up - DAY <= at < clean_up + 36 * HOUR and rng.random() < 0.9:
            return clean_up
    of_day = at % DAY
    if 11 * HOUR + 30 * MINUTE <= of_day < 13 * HOUR and rng.random() < 0.6:
        return at - of_day + 13 * HOUR
    return at


def _close(rng: Random, draft: _Draft, at: int, by: str, log: _Log) -> None:
    automated = by == AUTOMOD
    draft.steps.append(Step("close", at, automated, by))
    kind = pick(rng, (("modEventAcknowledge", 6.0), ("modEventTakedown", 3.0), ("modEventComment", 0.4)))
    # An automated decision is no assessment of its own: its entry bears the queue's rule engine, not automod.
    log.add(at, kind, draft.subject, by, "ozone/rules" if automated else "ozone/workspace")


def _reopen(rng: Random, draft: _Draft, moderator: str, log: _Log) -> None:
    at = draft.steps[-1].at + int(rng.uniform(0.5, 5) * DAY)
    draft.steps.append(Step("reopen", at, False, moderator))
    if rng.random() < 0.9:
        _close(rng, draft, at + int(rng.uniform(1, 40) * HOUR), moderator, log)


def _numbered(drafts: list[_Draft], log: _Log) -> tuple[list[Report], list[ModEvent]]:
    for index, draft in enumerate(drafts):
        tool = "automod" if draft.automated else "social-app"
        log.entries.append((draft.created, "modEventReport", draft.subject, draft.reporter, tool, draft.muted, index))
    log.entries.sort(key=lambda entry: (entry[0], entry[6]))
    events, event_of = [], {}
    for number, (at, kind, subject, by, tool, muted, index) in enumerate(log.entries, start=50_001):
        events.append(ModEvent(number, kind, at, subject, by, tool, muted))
        event_of[index] = number
    steps = [
        (step.at, index, order, step) for index, draft in enumerate(drafts) for order, step in enumerate(draft.steps)
    ]
    steps.sort(key=lambda entry: entry[:3])
    lives: list[list[Activity]] = [[] for _ in drafts]
    for number, (at, index, _, step) in enumerate(steps, start=1):
        lives[index].append(Activity(number, 10_001 + index, step.kind, at, step.automated, step.by))
    reports = [
        Report(
            10_001 + i, event_of[i], d.created, d.subject, d.reporter, d.reason, d.muted, d.automated, tuple(lives[i])
        )
        for i, d in enumerate(drafts)
    ]
    return reports, events
