"""The words that stand around a digest's blocks, the same in every format. None has words of its own."""

from __future__ import annotations

from okr_model import words

LANGUAGE = "en"
ALL_KEY_RESULTS = "All key results"
KEY_RESULT, NOW_AND_TARGET, COURSE, STATUS = "Key result", "Now → target", "Course", "Status"
NO_CHECK_INS = "Nobody has checked in."
OPEN_SCORECARD = "Open the scorecard"
WHOLE_SCORECARD = "Scorecard with charts and sources"
SCORECARD_AT = "Scorecard:"
TO_STOP, WRITE_TO_US = "To stop:", "write to us"


def was(status: str) -> str:
    """`was At Risk`: what stands beside a status that is another one now."""
    return f"was {status}"


def with_target(actual: str, target: str) -> str:
    """`19.6 h, target 12 h`."""
    return f"{actual}, target {target}"


def course(days: int) -> str:
    """What heads the charts: `8 weeks`, or only that it is the course where there is little of it."""
    return f"{round(days / 7)} weeks" if days > 10 else COURSE


def and_more(count: int, link: str | None) -> str:
    """What stands under a list that was cut, where a table is attached."""
    return f"and {count} more, {_in_table(link)}"


def and_more_key_results(count: int, link: str | None) -> str:
    """What stands under tables that were cut."""
    return f"and {count} more key result{'' if count == 1 else 's'}, {_in_table(link)}"


def _in_table(link: str | None) -> str:
    return f"in {'the scorecard and in ' if link else ''}the attached table"


def left_out(count: int, link: str | None) -> str:
    """What stands at the end of a message that was cut."""
    where = "the scorecard has them" if link else "`okr scorecard` writes them all"
    return f"{words.plural(count, 'line')} more did not fit here; {where}."


def attached(name: str, link: str | None) -> str:
    """The attached file, after the link where there is one."""
    return f"{'attached' if link else 'Attached'}: {name}"


def stop_subject(audience: str) -> str:
    """The subject of a mail by which a reader asks for no more of them."""
    return f"Stop {audience}"
