"""Every movement is split without a rest, and the biggest contributor is named."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from okr_model.movement import Cell, effects_in_words, in_words, most_telling, split

CELLS = st.lists(
    st.builds(
        Cell,
        group=st.sampled_from(["appeals", "spam", "abuse", None]),
        carried=st.booleans(),
        over=st.fractions(-50, 500, max_denominator=20),
        under=st.integers(0, 40).map(Fraction),
    ),
    max_size=8,
)


def cell(group: str, mean: float, n: int, carried: bool = False) -> Cell:  # noqa: FBT001, FBT002 -- a row's own fact
    return Cell(group, carried, Fraction(str(mean)) * n, Fraction(n))


@given(CELLS, CELLS, st.sampled_from([1, 100]))
def test_the_effects_add_up_to_the_movement_exactly(before: list[Cell], after: list[Cell], scale: int) -> None:
    movement = split("queue", before, after, scale)
    if not sum(each.under for each in before) or not sum(each.under for each in after):
        assert movement is None
        return
    assert movement is not None
    values = [
        scale * sum(each.over for each in cells if each.under) / sum(each.under for each in cells)
        for cells in (before, after)
    ]
    assert [movement.before, movement.after] == values
    assert sum(effect.total for effect in movement.effects) + movement.backlog == movement.moved


@given(CELLS)
def test_the_same_rows_twice_move_nothing(cells: list[Cell]) -> None:
    movement = split("queue", cells, cells)
    if movement is not None:
        assert movement.moved == movement.backlog == 0
        assert in_words(movement, "hours") == ""
        assert all(each.rate == each.mix == 0 for each in movement.effects)


def test_a_queue_that_got_slower_is_named() -> None:
    movement = split(
        "queue", [cell("appeals", 10, 50), cell("spam", 4, 50)], [cell("appeals", 12, 50), cell("spam", 4.4, 50)]
    )
    assert movement is not None
    assert in_words(movement, "hours") == "up 1.2 h, of which 1 h comes from the appeals queue"
    assert {each.group: (each.rate, each.mix) for each in movement.effects} == {
        "appeals": (Fraction(1), Fraction(0)),
        "spam": (Fraction(1, 5), Fraction(0)),
    }


def test_more_of_the_slow_kind_is_mix_and_not_rate() -> None:
    movement = split(
        "queue", [cell("appeals", 10, 50), cell("spam", 4, 50)], [cell("appeals", 10, 75), cell("spam", 4, 25)]
    )
    assert movement is not None
    assert movement.moved == Fraction(3, 2)
    assert sum(each.rate for each in movement.effects) == 0


def test_clearing_old_work_is_the_backlog_and_neither() -> None:
    before = [cell("appeals", 10, 50), cell("spam", 4, 50)]
    after = [*before, cell("appeals", 100, 50, carried=True), cell("spam", 100, 50, carried=True)]
    movement = split("queue", before, after)
    assert movement is not None
    assert movement.backlog == movement.moved == Fraction(93, 2)
    assert in_words(movement, "hours") == (
        "up 46.5 h, of which 46.5 h comes from work carried over from before the window"
    )


def test_what_the_rest_undoes_is_said() -> None:
    movement = split(
        "channel", [cell("web", 60, 50), cell("app", 40, 50)], [cell("web", 70, 50), cell("app", 34, 50)], 1
    )
    assert movement is not None
    assert in_words(movement, "percent") == "up 2 points: 5 points from the web channel, partly offset by the rest"
    assert effects_in_words(movement, "percent") == [
        "the web channel: +5 points (+5 points by its own rate, 0 points by its share of all)",
        "the app channel: −3 points (−3 points by its own rate, 0 points by its share of all)",
    ]


def test_the_field_that_tells_most_is_taken_and_one_group_tells_nothing() -> None:
    whole = split("decided_by", [cell("human", 7, 100)], [cell("human", 8, 100)])
    queues = split(
        "queue", [cell("appeals", 10, 50), cell("spam", 4, 50)], [cell("appeals", 12, 50), cell("spam", 4, 50)]
    )
    assert most_telling([whole, queues, None]) == queues
    assert most_telling([whole]) is None
