"""Several lists as one pull."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.api import Page, Walk, in_stages


def pages_of(*tokens: str | None) -> Walk:
    """A list whose n-th page is followed by the n-th token; a walk from a token starts behind that page."""

    def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
        for token in tokens[tokens.index(start) + 1 if start else 0 :]:
            yield Page(), token

    return walk


STAGES = {"one": pages_of("a|1", "b", None), "none": pages_of(), "two": pages_of("c", None)}
POSITIONS = ["one|a|1", "one|b", "none|", "two|c", "done|"]


def positions(start: str | None) -> list[str | None]:
    return [page.position for page in in_stages(STAGES, start)]


def test_stages_follow_one_another() -> None:
    assert positions(None) == POSITIONS


@pytest.mark.parametrize("place", range(len(POSITIONS)))
def test_a_position_goes_on_behind_its_page(place: int) -> None:
    assert positions(POSITIONS[place]) == POSITIONS[place + 1 :]


def test_a_position_of_a_stage_that_is_gone_starts_over() -> None:
    assert positions("three|x") == POSITIONS
