"""okrs.yaml of the next cycle from this one's: the same objectives, and every target left for people to say."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ruamel.yaml import YAML

from okr_model.cycle import Cycle
from okr_model.targets import TODO
from okr_model.windows import months_later

_QUARTER = re.compile(r"^(\d{4})-Q([1-4])$")


@dataclass(frozen=True)
class Following:
    """The next cycle: it starts where the last one ends."""

    last: str
    id: str
    start: date
    end: date


def following(cycle: Cycle, name: str | None, end: date | None) -> Following | str:
    """The cycle after this one, as long as this one where `end` is not given; a sentence where it has no name."""
    quarter = _QUARTER.match(cycle.id)
    if name is None and quarter is None:
        return f"{cycle.id} does not say what comes after it; name the next cycle with --id"
    if name is None and quarter is not None:
        year, number = int(quarter[1]), int(quarter[2])
        name = f"{year + number // 4}-Q{number % 4 + 1}"
    if name == cycle.id:
        return f"the next cycle cannot be called {name} too"
    ends = end or _as_long(cycle)
    if ends <= cycle.end:
        return f"the next cycle starts on {cycle.end} and cannot end on {ends}"
    return Following(cycle.id, name or "", cycle.end, ends)


def rolled_over(text: str, new: Following, endings: Mapping[str, str]) -> str:
    """The file's text for the next cycle, comments kept. `endings`: key result -> how it ended.

    Old targets and paces stand in comments at its head, never in force: each target says TODO, which is refused.
    """
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    data = yaml.load(text)
    data["cycle"].update({"id": new.id, "start": new.start, "end": new.end})
    was = [_line(result, endings.get(str(result.get("id")), "")) for result in _key_results(data)]
    for result in _key_results(data):
        result["target"] = TODO
        result.pop("pace", None)
    out = io.StringIO()
    yaml.dump(data, out)
    head = f"# Opened after {new.last}. Say in each target what this cycle aims at; look at the titles too.\n"
    return f"{head}{''.join(was)}\n{out.getvalue()}"


def _key_results(data: Any) -> Iterator[Any]:
    for objective in data["objectives"]:
        yield from objective["key_results"]


def _line(result: Any, ending: str) -> str:
    pace = f", pace {_flow(result['pace'])}" if "pace" in result else ""
    ended = f"; {ending}" if ending else ""
    return f"# {result['id']}: was {_flow(result['target'])}{pace}{ended}\n"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(body)}" for key, body in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return str(value)


def _as_long(cycle: Cycle) -> date:
    if cycle.start.day == cycle.end.day <= 28:
        months = (cycle.end.year - cycle.start.year) * 12 + cycle.end.month - cycle.start.month
        return months_later(cycle.end, months)
    return cycle.end + (cycle.end - cycle.start)
