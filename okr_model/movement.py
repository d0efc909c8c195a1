"""Why a mean or a share moved: split exactly into what each group's own rate, the mix of groups and the backlog did.

With weights w and rates r of the groups, a difference of two weighted means is the sum of
(w0 + w1) / 2 * (r1 - r0), the rate effects, and of (w1 - w0) * (r0 + r1) / 2, the mix effects (Marshall 1923,
Edgeworth 1925; the midpoints leave no interaction over). The backlog is the same split one level up: between rows that
were already waiting when the window began and those that came in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from okr_model import words

FIELDS = ("queue", "channel", "category", "decided_by")
"""What rows may be grouped by, where their fact has it."""


@dataclass(frozen=True)
class Cell:
    """The rows of one group in one window: numerator and denominator. `carried`: they waited when it began."""

    group: str | None
    carried: bool
    over: Fraction
    under: Fraction


@dataclass(frozen=True)
class Effect:
    """What one group did to the value, in its unit."""

    group: str | None
    rate: Fraction
    mix: Fraction

    @property
    def total(self) -> Fraction:
        """Both together."""
        return self.rate + self.mix


@dataclass(frozen=True)
class Movement:
    """From one value to another. The effects and `backlog` add up to the movement, exactly."""

    field: str
    before: Fraction
    after: Fraction
    effects: tuple[Effect, ...]
    backlog: Fraction

    @property
    def moved(self) -> Fraction:
        """After less before."""
        return self.after - self.before


def split(field: str, before: Sequence[Cell], after: Sequence[Cell], scale: int = 1) -> Movement | None:
    """The movement by one field; None where one of the windows has no rows. `scale`: 100 for percentages."""
    old, new = _scaled(before, scale), _scaled(after, scale)
    if not _under(old) or not _under(new):
        return None
    first, last = _value(old, Fraction(0)), _value(new, Fraction(0))
    layers = [
        ([cell for cell in old if cell.carried is carried], [cell for cell in new if cell.carried is carried])
        for carried in (False, True)
    ]
    middle, backlog = (first + last) / 2, Fraction(0)
    effects: dict[str | None, Effect] = {}
    for layer in layers:
        weights = [_under(cells) / _under(whole) for cells, whole in zip(layer, (old, new), strict=True)]
        values = _values(*layer)
        backlog += (weights[1] - weights[0]) * ((values[0] + values[1]) / 2 - middle)
        for effect in _groups(*layer):
            _add(effects, effect, (weights[0] + weights[1]) / 2)
    return Movement(field, first, last, tuple(effects.values()), backlog)


def most_telling(movements: Iterable[Movement | None]) -> Movement | None:
    """Of the fields that tell rows apart, the one whose biggest contributor explains most; None where none does."""
    telling = [each for each in movements if each is not None and each.moved and len(each.effects) > 1]
    return max(telling, key=lambda each: _along(each, _biggest(each)[1]), default=None)


def in_words(movement: Movement, unit: str) -> str:
    """`up 1.2 h, of which 1 h comes from the appeals queue`; empty where nothing moved."""
    moved = movement.moved
    if not moved:
        return ""
    name, share = _biggest(movement)
    way = f"{'up' if moved > 0 else 'down'} {_amount(abs(moved), unit)}"
    along = _along(movement, share)
    if along > abs(moved):
        return f"{way}: {_amount(along, unit)} from {name}, partly offset by the rest"
    return f"{way}, of which {_amount(along, unit)} comes from {name}"


def effects_in_words(movement: Movement, unit: str) -> list[str]:
    """One line for each group, the biggest first, then the backlog, with the sign of what each did."""
    ranked = sorted(movement.effects, key=lambda effect: abs(effect.total), reverse=True)
    lines = [
        f"{_named(movement.field, each.group)}: {_signed(each.total, unit)} "
        f"({_signed(each.rate, unit)} by its own rate, {_signed(each.mix, unit)} by its share of all)"
        for each in ranked
    ]
    return [*lines, f"{_BACKLOG}: {_signed(movement.backlog, unit)}"] if movement.backlog else lines


_BACKLOG = "work carried over from before the window"


def _scaled(cells: Sequence[Cell], scale: int) -> list[Cell]:
    return [Cell(cell.group, cell.carried, scale * cell.over, cell.under) for cell in cells if cell.under]


def _under(cells: Iterable[Cell]) -> Fraction:
    return sum((cell.under for cell in cells), Fraction(0))


def _value(cells: Sequence[Cell], otherwise: Fraction) -> Fraction:
    under = _under(cells)
    return sum((cell.over for cell in cells), Fraction(0)) / under if under else otherwise


def _values(old: Sequence[Cell], new: Sequence[Cell]) -> tuple[Fraction, Fraction]:
    """Both windows' values; what is missing in one of them is taken to be as in the other, so that it is all mix."""
    return _value(old, _value(new, Fraction(0))), _value(new, _value(old, Fraction(0)))


def _groups(old: Sequence[Cell], new: Sequence[Cell]) -> list[Effect]:
    if not _under(old) or not _under(new):
        return [Effect(cell.group, Fraction(0), Fraction(0)) for cell in (*old, *new)]
    ends = _values(old, new)
    middle = (ends[0] + ends[1]) / 2
    found = []
    for group in dict.fromkeys(cell.group for cell in (*old, *new)):
        mine = [[cell for cell in cells if cell.group == group] for cells in (old, new)]
        weights = [_under(cells) / _under(whole) for cells, whole in zip(mine, (old, new), strict=True)]
        rates = _values(*mine)
        rate = (weights[0] + weights[1]) / 2 * (rates[1] - rates[0])
        found.append(Effect(group, rate, (weights[1] - weights[0]) * ((rates[0] + rates[1]) / 2 - middle)))
    return found


def _add(effects: dict[str | None, Effect], effect: Effect, weight: Fraction) -> None:
    had = effects.get(effect.group, Effect(effect.group, Fraction(0), Fraction(0)))
    effects[effect.group] = Effect(effect.group, had.rate + weight * effect.rate, had.mix + weight * effect.mix)


def _biggest(movement: Movement) -> tuple[str, Fraction]:
    named = [(_named(movement.field, effect.group), effect.total) for effect in movement.effects]
    return max([*named, (_BACKLOG, movement.backlog)], key=lambda each: _along(movement, each[1]))


def _along(movement: Movement, effect: Fraction) -> Fraction:
    """An effect in the direction of the movement."""
    return effect if movement.moved > 0 else -effect


def _named(field: str, group: str | None) -> str:
    if field == "decided_by":
        return "decisions by nobody named" if group is None else f"decisions by {group}"
    return f"items without a {field}" if group is None else f"the {group} {field}"


def _amount(value: Fraction, unit: str) -> str:
    return f"{words.figure(value, '')}{' points' if unit == 'percent' else words.suffix(unit)}"


def _signed(value: Fraction, unit: str) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{_amount(abs(value), unit)}"
