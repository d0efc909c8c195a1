"""metrics.yaml and okrs.yaml: what is measured, and what is aimed at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from config.documents import Document
from config.problems import Problem
from config.wording import entries, mistakes_in, unusable_names
from okr_model.cycle import Cycle
from okr_model.metrics import Definition, Metric
from okr_model.plan import KeyResult, Objective, key_result_mistakes

_Built = TypeVar("_Built", bound=Definition)


class MetricsFile(Definition):
    """metrics.yaml."""

    metrics: dict[str, Metric]


class OkrsFile(Definition):
    """okrs.yaml."""

    cycle: Cycle
    objectives: tuple[Objective, ...] = Field(min_length=1)


def named(document: Document, key: str) -> Any:
    """The file's data with each entry's name as its `id`, which the models want."""
    if not isinstance(document.data, dict) or not isinstance(document.data.get(key), dict):
        return document.data
    body = {
        name: {**entry, "id": name} if isinstance(entry, dict) else entry for name, entry in document.data[key].items()
    }
    return {**document.data, key: body}


def stray_ids(document: Document, key: str) -> Iterator[Problem]:
    """`id` below an entry that its name identifies already."""
    for name, entry in entries(document, key).items():
        if "id" in entry:
            yield document.problem((key, name, "id"), f"take it out: the entry's name, {name}, is its id")


def built(model: type[_Built], data: Any) -> _Built | None:
    """A value of `model`, or None where it cannot be; what is wrong is told for the whole file."""
    try:
        return model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError:
        return None


def read_metrics(document: Document) -> tuple[dict[str, Metric], list[Problem]]:
    """The metrics that could be read, and everything that is wrong with the others."""
    wrong = [*mistakes_in(document, MetricsFile, named(document, "metrics")), *stray_ids(document, "metrics")]
    bodies = entries(document, "metrics")
    wrong += unusable_names(document, ((("metrics", name), name) for name in bodies))
    found = {name: built(Metric, {**body, "id": name}) for name, body in bodies.items()}
    return {name: metric for name, metric in found.items() if metric is not None}, wrong


def read_okrs(
    document: Document, metrics: Mapping[str, Metric], known: Collection[str] | None
) -> tuple[OkrsFile | None, list[Problem]]:
    """The cycle and its objectives. `known`: every metric's name, None where metrics.yaml cannot be read at all."""
    wrong = list(mistakes_in(document, OkrsFile, document.data))
    wrong += _ids(document)
    cycle = _cycle(document)
    for path, body in key_results(document):
        result = built(KeyResult, body)
        if result is None:
            wrong += _unknown_metrics(document, path, body, known)
        else:
            names = known if known is not None else _metric_names(body)
            for mistake in key_result_mistakes(result, cycle, metrics, names):
                wrong.append(document.problem(document.beside((*path, *mistake.path)), mistake.message))
    return built(OkrsFile, document.data), wrong


def _cycle(document: Document) -> Cycle | None:
    """The cycle's days, in any zone: a bad zone is told for itself, and must not keep days from being checked."""
    body = document.data.get("cycle") if isinstance(document.data, dict) else None
    return built(Cycle, {**body, "timezone": "UTC"}) if isinstance(body, dict) else None


def objectives(document: Document) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every objective that is a mapping, with its path."""
    yield from _items(document.data, "objectives", ())


def key_results(document: Document) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every key result that is a mapping, with its path."""
    for path, objective in objectives(document):
        yield from _items(objective, "key_results", path)


def owners(objective: dict[str, Any]) -> list[str]:
    """Whose its key results are, each once; those without an owner are left out."""
    named = (item.get("owner") or objective.get("owner") for _, item in _items(objective, "key_results", ()))
    return list(dict.fromkeys(owner for owner in named if isinstance(owner, str)))


def _items(parent: Any, key: str, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    body = parent.get(key) if isinstance(parent, dict) else None
    for index, item in enumerate(body if isinstance(body, list) else ()):
        if isinstance(item, dict):
            yield (*path, key, index), item


def _ids(document: Document) -> Iterator[Problem]:
    cycle = document.data.get("cycle") if isinstance(document.data, dict) else None
    if isinstance(cycle, dict):
        yield from unusable_names(document, [(("cycle", "id"), cycle.get("id"))])
    for kind, items in (("objective", list(objectives(document))), ("key result", list(key_results(document)))):
        yield from unusable_names(document, (((*path, "id"), item.get("id")) for path, item in items))
        yield from _twice(document, kind, [((*path, "id"), item.get("id")) for path, item in items])


def _twice(document: Document, kind: str, ids: list[tuple[tuple[Any, ...], Any]]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for path, name in ids:
        if isinstance(name, str) and name in first:
            message = f"another {kind} is called {name!r} on line {first[name]}; ids are unique in the whole file"
            yield document.problem(path, message)
        elif isinstance(name, str):
            first[name] = document.place(path).line


def _metric_paths(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every `metric: NAME` at or below a key result."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in items:
        if key == "metric" and isinstance(value, str):
            yield (*path, key), value
        else:
            yield from _metric_paths(value, (*path, key))


def _metric_names(body: Any) -> list[str]:
    return [name for _, name in _metric_paths(body)]


def _unknown_metrics(
    document: Document, path: tuple[Any, ...], body: Any, known: Collection[str] | None
) -> Iterator[Problem]:
    for below, name in _metric_paths(body):
        if known is not None and name not in known:
            yield document.problem((*path, *below), f"unknown metric {name!r}; there is: {', '.join(known)}")
