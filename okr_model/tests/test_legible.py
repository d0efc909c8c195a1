"""What came from outside, as a digest shows it; and periods and milestones in readers' words."""

from __future__ import annotations

from datetime import date

import pytest

from okr_model.digest import Digest, Line, Section
from okr_model.legible import LONGEST, LONGEST_TITLE, legible, plain
from okr_model.spoken import period_words


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("58 % – naïve ✔\ufe0e 审核 مرحبا", "58 % – naïve ✔\ufe0e 审核 مرحبا"),
        ("Subject\r\nBcc: all@example.org", "Subject Bcc: all@example.org"),
        ("\x1b[31mred\x00\x85end\u2028.", " [31mred end ."),
        ("gpj\u202eexe.\u2066x\u2069\ufeff", "gpjexe.x"),
        ("half \ud800 a character", "half  a character"),
        ("family 👨\u200d👩", "family 👨\u200d👩"),
    ],
)
def test_hidden_characters_go_and_letters_stay(written: str, shown: str) -> None:
    assert plain(written) == shown
    plain(written).encode()


def test_long_texts_are_cut_titles_sooner_and_what_is_fine_is_left_as_it_is() -> None:
    line = Line(status="At Risk", title="word " * 2_000, why="w" * 2_000)
    digest = Digest(
        audience="a",
        period="p",
        as_of=date(2026, 11, 22),
        subject="s",
        eyebrow="e",
        headline="h",
        lede="l",
        blocks=(Section(heading="x", lines=(line,)),),
    )
    [section] = legible(digest).blocks
    assert isinstance(section, Section)
    [shown] = section.lines
    assert len(shown.title) <= LONGEST_TITLE
    assert len(shown.why) == LONGEST
    assert shown.title.endswith("word…")
    fine = Digest(**{**{name: getattr(digest, name) for name in digest.__struct_fields__}, "blocks": ()})
    assert legible(fine) is fine


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("98.9 % in 2026-W41, not met; 2026-10 late", "98.9 % in week 41, not met; October late"),
        ("2026-Q4", "Q4"),
        ("guidelines-2026-10 of 2026-10-12, 2026-13", "guidelines-2026-10 of 2026-10-12, 2026-13"),
    ],
)
def test_periods_are_called_as_people_call_them(written: str, said: str) -> None:
    assert period_words(written) == said
