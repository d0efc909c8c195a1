"""What one owner is told when check-ins are waited for."""

from __future__ import annotations

from collections.abc import Sequence

from okr_model import words
from okr_model.changes import sentences
from okr_model.check_ins_due import Owed
from okr_model.digest import Digest, Line, Section
from okr_model.scorecard import Scorecard
from okr_model.words import person


def reminder(owner: str, waited_for: Sequence[Owed], scorecard: Scorecard, period: str) -> Digest:
    """One mail to one owner: which key results, since when, where they stand, and how to say it."""
    late = [each for each in waited_for if each.overdue]
    count = words.plural(len(waited_for), "check-in")
    when = f"overdue since {words.day(late[0].due)}" if late else f"due by {words.day(waited_for[0].due)}"
    one = len(waited_for) == 1
    be = ("has been" if one else "have been") if late else ("is" if one else "are")
    return Digest(
        audience="check-ins",
        period=period,
        as_of=scorecard.as_of,
        subject=f"okrsync: {count} {when}",
        eyebrow=f"Check-ins, {scorecard.cycle.id} · numbers to {words.long_day(scorecard.as_of)}",
        headline=f"{person(owner)}, {count} of yours {be} {when}.",
        lede="A sentence on each is enough: what happened, what is in the way, how sure you are.",
        blocks=(
            Section(heading="Waited for", lines=tuple(_line(each) for each in waited_for)),
            Section(heading="How to say it", lines=tuple(_how(each) for each in waited_for)),
        ),
        footer=(
            "You get this because you own these key results. Once per check-in, and once more when it is overdue.",
        ),
    )


def _line(each: Owed) -> Line:
    word = "Overdue" if each.overdue else "Due"
    when = f"since {words.day(each.due)}" if each.overdue else f"by {words.day(each.due)}"
    return Line(
        status=word,
        title=each.card.title,
        why=sentences(when, f"{each.card.status}: {each.card.reason}"),
        key_result=each.card.id,
    )


def _how(each: Owed) -> Line:
    value = " --value NUMBER" if not each.card.metrics and each.card.unit else ""
    return Line(status="Run", title=f"okr checkin {each.card.id}{value} --note TEXT --confidence 1..10", why="")
