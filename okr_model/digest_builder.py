"""From a scorecard to what one audience is told of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from okr_model import words
from okr_model.changes import (
    ATTENTION,
    NO_DIPS,
    NOBODY,
    PENDING,
    UNKNOWN,
    Dip,
    changes,
    sentences,
    severity,
    standing,
    wanted,
)
from okr_model.check_ins_due import due_sentence, owner_of, short_name
from okr_model.digest import Block, Digest, Line, Note, Notes, Row, Section, Spark, Table
from okr_model.digest_rows import figures, heads_for, row_data, row_reason
from okr_model.digest_words import (
    actual_text,
    aim_text,
    cut_off,
    eyebrow,
    headline,
    lede,
    objective_summary,
    subject,
)
from okr_model.durations import Duration, parse_duration
from okr_model.exchange import CheckIn
from okr_model.plan import Audience
from okr_model.scorecard import KeyResultCard, ObjectiveCard, Scorecard
from okr_model.small_counts import Hidden, hide, hide_points
from okr_model.spoken import spoken
from okr_model.words import person

_TWO_WEEKS = parse_duration("2 weeks")


def build(
    scorecard: Scorecard,
    before: Scorecard | None,
    *,
    histories: Mapping[str, Spark],
    check_ins: Iterable[CheckIn],
    audience: Audience,
    owner: str | None = None,
    period: str,
    link: str | None = None,
    check_in_every: Duration = _TWO_WEEKS,
    broken: Collection[str] = (),
    movers: Mapping[str, str] = NOBODY,
    dips: Mapping[str, Dip] = NO_DIPS,
) -> Digest:
    """The digest for one audience, or for one `owner` in it: of their own key results alone.

    `before` is the scorecard of the digest that this audience was last sent, None for its first. `histories` are
    charts by key result; `check_ins` those of the cycle; `broken` the sources whose last pull failed;
    `movers` says why a key result's number moved since `before`. It tells of small groups, so an audience from which
    small counts are hidden is not told. `dips`: what was worse between the two scorecards than at either end.
    """
    now = hide(spoken(_for(scorecard, audience, owner)), audience.small_counts)
    old = None if before is None else _comparable(spoken(_for(before, audience, owner)), now, audience.small_counts)
    told = movers if audience.small_counts is None else NOBODY
    news = changes(now.scorecard, old, told, dips)
    blocks: list[Block] = [
        _changed(news, old),
        _attention(now.scorecard, {line.key_result for line in news if line.was}, told),
        *(_table(objective, now, histories, audience.small_counts) for objective in now.scorecard.objectives),
        _unknown(now.scorecard, broken),
        _notes(now.scorecard, old, check_ins, check_in_every),
    ]
    return Digest(
        audience=audience.id,
        period=period,
        as_of=scorecard.as_of,
        subject=subject(now.scorecard, news, old),
        eyebrow=eyebrow(now.scorecard),
        headline=headline(now.scorecard, news, old, broken),
        lede=lede(now.scorecard),
        blocks=tuple(blocks),
        footer=(_cause(audience) if owner is None else _cause(audience, "because you own these key results"),),
        scorecard_link=link,
    )


def _for(scorecard: Scorecard, audience: Audience, owner: str | None) -> Scorecard:
    chosen = audience.objectives
    kept = [one for one in scorecard.objectives if chosen == "all" or one.id in chosen]
    if owner is not None:
        kept = [whole for one in kept if (whole := _owned(one, owner)).key_results]
    return msgspec.structs.replace(scorecard, objectives=tuple(kept))


def _owned(objective: ObjectiveCard, owner: str) -> ObjectiveCard:
    cards = tuple(card for card in objective.key_results if card.owner == owner)
    return msgspec.structs.replace(objective, key_results=cards)


def _comparable(before: Scorecard, now: Hidden, fewest: int | None) -> Scorecard:
    """Hides in the earlier scorecard what is hidden in either: the difference would tell it."""
    old = hide(before, fewest)
    today = {card.id: card for card in now.scorecard.cards() if card.id in now.ids}
    objectives = tuple(
        msgspec.structs.replace(
            objective, key_results=tuple(_muted(card, today.get(card.id)) for card in objective.key_results)
        )
        for objective in old.scorecard.objectives
    )
    return msgspec.structs.replace(old.scorecard, objectives=objectives)


def _muted(card: KeyResultCard, today: KeyResultCard | None) -> KeyResultCard:
    if today is None:
        return card
    return msgspec.structs.replace(card, actual=None, reading=None, parts=today.parts, start=today.start)


def _changed(news: list[Line], before: Scorecard | None) -> Section:
    if before is None:
        return Section(heading="What changed", empty="This is the first digest: there is nothing to compare with yet.")
    since = words.long_day(before.as_of)
    return Section(heading=f"What changed since {since}", lines=tuple(news), empty=f"Nothing changed since {since}.")


def _attention(scorecard: Scorecard, told: Collection[str | None], movers: Mapping[str, str]) -> Section:
    cards = [card for card in scorecard.cards() if card.status in ATTENTION or card.computed is not None]
    cards.sort(key=lambda card: severity(card.status))
    lines = tuple(
        Line(
            status=card.status,
            title=card.title,
            why=_trouble(card, told, movers.get(card.id, "")),
            key_result=card.id,
            who=owner_of(card, scorecard),
        )
        for card in cards
    )
    return Section(heading="Needs attention", lines=lines, empty=_nothing_at_risk(scorecard))


def _nothing_at_risk(scorecard: Scorecard) -> str:
    """What is not known is not out of danger."""
    statuses = {card.status for card in scorecard.cards()}
    if statuses <= UNKNOWN | PENDING:
        return "No key result can be judged."
    return "Of those that can be judged, none is at risk." if statuses & UNKNOWN else "No key result is at risk."


def _trouble(card: KeyResultCard, told: Collection[str | None], mover: str) -> str:
    """Where it heads and what is stuck; the reason too, unless the news above has just given it."""
    overridden = f"overridden; computed: {card.computed}" if card.computed else ""
    ahead = sentences(overridden, heads_for(card), _open_items(card))
    return ahead if card.id in told and ahead else sentences(standing(card), mover, card.reason, ahead, wanted(card))


def _open_items(card: KeyResultCard) -> str:
    reading = card.reading
    if reading is None or not reading.open:
        return ""
    oldest = reading.oldest_open
    since = "" if oldest is None else f", the oldest since {words.day(words.local_day(oldest, reading.zone))}"
    return f"{words.plural(reading.open, 'item')} {'is' if reading.open == 1 else 'are'} still open{since}"


def _table(objective: ObjectiveCard, now: Hidden, histories: Mapping[str, Spark], fewest: int | None) -> Table:
    return Table(
        objective=objective.title,
        summary=objective_summary(objective),
        rows=tuple(_row(card, now, histories.get(card.id), fewest) for card in objective.key_results),
    )


def _row(card: KeyResultCard, now: Hidden, spark: Spark | None, fewest: int | None) -> Row:
    hidden = card.id in now.ids
    return Row(
        key_result=card.id,
        title=card.title,
        data="" if hidden else row_data(card),
        actual="hidden" if hidden else actual_text(card),
        target=aim_text(card),
        status=card.status,
        reason=sentences(card.reason if hidden else row_reason(card), *card.notes),
        who=owner_of(card, now.scorecard),
        forecast=sentences(heads_for(card)),
        progress=_clamped(card.progress),
        expected=_clamped(card.expected),
        figures=None if hidden else figures(card),
        spark=None if spark is None else hide_points(spark, fewest),
    )


def _clamped(progress: float | None) -> float | None:
    return None if progress is None else min(max(progress, 0.0), 1.0)


def _unknown(scorecard: Scorecard, broken: Collection[str]) -> Section:
    cards = [card for card in scorecard.cards() if card.status in UNKNOWN | PENDING or cut_off(card, broken)]
    cards.sort(key=lambda card: (card.status not in UNKNOWN, severity(card.status)))
    lines = tuple(
        Line(status=card.status, title=card.title, why=gap(card, broken), key_result=card.id) for card in cards
    )
    return Section(heading="What is not known", lines=lines, empty="Every number is known.")


def gap(card: KeyResultCard, broken: Collection[str]) -> str:
    """Why, and where a source broke that it is being mended: the reader has nothing to do."""
    said = sentences(card.reason, *card.notes)
    failed = cut_off(card, broken)
    if not failed:
        return said
    unsaid = [name for name in failed if name not in said]
    noun = "source" if len(unsaid) == 1 else "sources"
    named = f"the {noun} {words.listed(unsaid)} could not be read; " if unsaid else ""
    return sentences(said, f"{named}operations has been told")


def _notes(
    scorecard: Scorecard, before: Scorecard | None, check_ins: Iterable[CheckIn], check_in_every: Duration
) -> Notes:
    told = list(check_ins)
    titles = {card.id: card.title for card in scorecard.cards()}
    since = None if before is None else before.evaluated_at
    new = [
        one
        for one in told
        if one.key_result in titles
        and one.as_of >= scorecard.cycle.start
        and (since is None or one.recorded_at > since)
    ]
    new.sort(key=lambda one: (one.as_of, one.recorded_at), reverse=True)
    notes = [note for one in new if (note := note_of(one, titles[one.key_result])).texts]
    due = due_sentence(scorecard, told, check_in_every)
    return Notes(heading="From the check-ins", notes=tuple(notes), due=due)


def note_of(one: CheckIn, title: str) -> Note:
    """A check-in in words."""
    said = (
        ("Note", one.note),
        ("Challenge", one.challenge),
        ("Insight", one.insight),
        ("Value", one.value),
        ("Milestone", None if one.milestone is None else f"{one.milestone} done"),
        ("Override", _override(one)),
    )
    sure = "" if one.confidence is None else f", confidence {one.confidence} of 10"
    return Note(
        key_result=one.key_result,
        title=title,
        who=f"{person(one.by)}, on {short_name(one.key_result)}" if one.by else f"On {short_name(one.key_result)}",
        when=f"{words.long_day(one.as_of)}{sure}",
        texts=tuple((word, text) for word, text in said if text),
    )


def _override(one: CheckIn) -> str | None:
    if one.override is None:
        return None
    until = "" if one.override_until is None else f" until {words.day(one.override_until)}"
    return f"{one.override}{until}"


def _cause(audience: Audience, why: str | None = None) -> str:
    why = why or f"as part of {audience.id}"
    if audience.every is None:
        return f"You get this {why}."
    rhythm = {1: f"on {audience.every.on.title()}s", 2: f"every second {audience.every.on.title()}"}
    often = rhythm.get(audience.every.weeks, f"every {audience.every.weeks} weeks on {audience.every.on.title()}")
    return f"You get this {often} at {audience.every.at:%H:%M} {why}."
