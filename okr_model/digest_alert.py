"""What operators are told when a source broke. Readers of digests never get this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from okr_model import words
from okr_model.changes import sentences
from okr_model.digest import Digest, Line, Section
from okr_model.digest_words import actual_text, cut_off
from okr_model.exchange import Reading, SourceOutcome
from okr_model.facts import Instant
from okr_model.metrics import Metric
from okr_model.scorecard import KeyResultCard, Scorecard


def alert(
    outcomes: Iterable[SourceOutcome], scorecard: Scorecard, run_id: str, at: Instant, audience: str = "operators"
) -> Digest | None:
    """One mail for one run: each source that was not read, what stands on old values, what to do. None if all is well.

    `period` is the run's id, so that a run tells once however often it is repeated.
    """
    failed = [outcome for outcome in outcomes if outcome.state != "ok"]
    if not failed:
        return None
    names = [outcome.name for outcome in failed]
    zone = scorecard.cycle.timezone
    told = words.listed(names) if len(names) <= 3 else f"{len(names)} sources"
    return Digest(
        audience=audience,
        period=run_id,
        as_of=scorecard.as_of,
        subject=f"okrsync: {told} could not be read",
        eyebrow=f"okrsync, for operators · {words.instant(at, zone)}, {words.place(zone)} · run {run_id}",
        headline=f"{told} could not be read.",
        lede="Key results keep their last value and say so. Readers see it under “What is not known”.",
        blocks=(
            Section(heading="What failed", lines=tuple(_failure(outcome, zone) for outcome in failed)),
            _held_up(scorecard, names),
            Section(heading="What to do", lines=tuple(mend(outcome, zone) for outcome in failed)),
        ),
        footer=(f"You get this as part of {audience}, who are told when a source fails.",),
    )


def held_alert(
    held: Sequence[Reading],
    metrics: Mapping[str, Metric],
    scorecard: Scorecard,
    run_id: str,
    at: Instant,
    audience: str = "operators",
) -> Digest | None:
    """One mail for one day: each number outside its guard, and how a person releases or rejects it. None if none is."""
    held = [each for each in held if each.metric in metrics]
    if not held:
        return None
    zone = scorecard.cycle.timezone
    names = list(dict.fromkeys(metrics[each.metric].name for each in held))
    told = words.listed(names) if len(names) <= 3 else f"{len(names)} numbers"
    be = "is" if len(names) == 1 else "are"
    return Digest(
        audience=audience,
        period=run_id,
        as_of=scorecard.as_of,
        subject=f"okrsync: {told} {be} held",
        eyebrow=f"okrsync, for operators · {words.instant(at, zone)}, {words.place(zone)} · run {run_id}",
        headline=f"{told} {be} outside the guard.",
        lede="Key results keep their last value until a person releases or rejects the new one.",
        blocks=(
            Section(heading="What is held", lines=tuple(_doubt(each, metrics[each.metric]) for each in held)),
            Section(heading="What to do", lines=tuple(_ruling(each, metrics[each.metric]) for each in held)),
        ),
        footer=(f"You get this as part of {audience}, who are told when a reading is held.",),
    )


_MOST_SHOWN = 20


class Undelivered(NamedTuple):
    """A delivery that failed, may have arrived, or was held back."""

    id: int
    word: Literal["Failed", "Ambiguous", "Paused", "Not made"]
    what: str  # "digest of 2026-11-23T08:00"
    audience: str
    to: str
    why: str


def undelivered_alert(
    lost: Sequence[Undelivered], scorecard: Scorecard, at: Instant, waiting: int = 0, audience: str = "operators"
) -> Digest:
    """One mail for all that did not arrive, or perhaps did not, and how a person settles each.

    `waiting`: how many were told of earlier and are not settled yet.
    """
    zone = scorecard.cycle.timezone
    told = words.plural(len(lost), "message")
    shown = lost[:_MOST_SHOWN]
    more = f"the first {len(shown)} are told here, `okr digest outbox` lists all" if len(shown) < len(lost) else ""
    earlier = f"{words.counted(waiting)} told of earlier {'waits' if waiting == 1 else 'wait'} still" if waiting else ""
    return Digest(
        audience=audience,
        period="",
        as_of=scorecard.as_of,
        subject=f"okrsync: {told} did not surely arrive",
        eyebrow=f"okrsync, for operators · {words.instant(at, zone)}, {words.place(zone)}",
        headline=f"{told} did not surely arrive.",
        lede=sentences("Nothing of this is sent again by itself; readers are not told", more, earlier),
        blocks=(
            Section(heading="What did not arrive", lines=tuple(_lost(each) for each in shown)),
            Section(heading="What to do", lines=tuple(_settling(each) for each in shown)),
        ),
        footer=("You get this as part of operators, who are told when a delivery fails.",),
    )


def _lost(each: Undelivered) -> Line:
    return Line(status=each.word, title=f"{each.what} for {each.audience}, to {each.to}", why=sentences(each.why))


_RESEND = "`okr digest outbox --resend {id} --by NAME --note TEXT`"
_MENDS = {
    "Failed": f"once that is mended, {_RESEND}; where it is not wanted any more, `--cancel {{id}}` instead",
    "Ambiguous": f"where it did not arrive, {_RESEND}; where it did, `--arrived {{id}}` instead",
    "Paused": f"once the address is mended, {_RESEND}; where it is not wanted any more, take it out of audiences.yaml",
    "Not made": "once its channel is mended the next one goes out; to settle this one, "
    "`okr digest outbox --cancel {id} --by NAME --note TEXT`",
}


def _settling(each: Undelivered) -> Line:
    return Line(status="Look", title=f"Delivery {each.id}", why=sentences(_MENDS[each.word].format(id=each.id)))


def skipped_notice(audience: str, period: str, old: Sequence[KeyResultCard], scorecard: Scorecard) -> Digest:
    """What owners are told when a digest was not sent because their numbers are old."""
    zone = scorecard.cycle.timezone
    lines = tuple(Line(status=card.status, title=card.title, why=sentences(card.reason, *card.notes)) for card in old)
    return Digest(
        audience=audience,
        period=period,
        as_of=scorecard.as_of,
        subject=f"okrsync: the digest for {audience} was not sent",
        eyebrow=f"okrsync, for owners · numbers to {words.long_day(scorecard.as_of)}, {words.place(zone)}",
        headline=f"The digest for {audience} was not sent: numbers of yours are old.",
        lede="Its readers have asked for none rather than an old one. The next one goes out when it is due.",
        blocks=(Section(heading="What stands on old data", lines=lines),),
        footer=(f"You get this because you own one of these, and {audience} is set to `stale: skip`.",),
    )


def _doubt(reading: Reading, metric: Metric) -> Line:
    over = reading.period or words.days(reading.window, reading.zone)
    return Line(status="Held", title=f"{metric.name}, {over}", why=sentences((reading.reason or "").partition(": ")[2]))


def _ruling(reading: Reading, metric: Metric) -> Line:
    which = f"{reading.metric} --as-of {reading.as_of}" + (f" --period '{reading.period}'" if reading.period else "")
    why = f"where the number is right, `okr readings release {which}`; where it is not, `okr readings reject {which}`"
    return Line(status="Look", title=metric.name, why=sentences(why))


def _failure(outcome: SourceOutcome, zone: str) -> Line:
    why = "no reason was given" if outcome.error is None else outcome.error.message.removeprefix(f"{outcome.name}: ")
    to = outcome.complete_to
    complete = "never read to the end" if to is None else f"complete to {words.instant(to, zone)}"
    word = "Deferred" if outcome.state == "deferred" else "Failed"
    return Line(status=word, title=f"{outcome.name} ({outcome.connector})", why=sentences(why, complete))


def _held_up(scorecard: Scorecard, names: list[str]) -> Section:
    cards = [card for card in scorecard.cards() if cut_off(card, names)]
    lines = tuple(
        Line(status=card.status, title=card.title, why=_stands_on(card), key_result=card.id) for card in cards
    )
    return Section(heading="Stand on older values", lines=lines, empty="No key result stands on these sources.")


def _stands_on(card: KeyResultCard) -> str:
    if card.reading is None or card.actual is None:
        return "There is no earlier value."
    return f"{actual_text(card)}, of {words.day(card.reading.as_of)}."


def mend(outcome: SourceOutcome, zone: str) -> Line:
    """What operators can do about a source that was not read."""
    error = outcome.error
    test = f"then run `okr sources test {outcome.name}`"
    if error is not None and error.kind == "config":
        word, why = "Mend", f"the system refused what sources.yaml says under {outcome.name}; mend it, {test}"
    elif error is not None and error.kind == "data":
        word, why = "Look", f"its answers no longer have the shape that is expected; see what changed there, {test}"
    else:
        after = None if error is None else error.retry_after
        when = "at the next run" if after is None else f"from {words.instant(after, zone)} on"
        word, why = "Wait", f"it is tried again {when}; if it lasts, {test.removeprefix('then ')}"
    return Line(status=word, title=outcome.name, why=sentences(why))
