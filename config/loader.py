"""The four files of an ops team as one checked value, or every problem in them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from config.audiences import read_audiences
from config.documents import Document, read
from config.plans import objectives, owners, read_metrics, read_okrs
from config.problems import ConfigProblems, Problem
from config.secrets import Resolver
from config.sources import SourceConfig, read_sources
from config.wording import entries, meant
from okr_model.facts import FACTS
from okr_model.metrics import Metric, wheres
from okr_model.plan import Audience, Plan

SOURCES, METRICS, OKRS, AUDIENCES = "sources.yaml", "metrics.yaml", "okrs.yaml", "audiences.yaml"
FILES = (SOURCES, METRICS, OKRS, AUDIENCES)


@dataclass(frozen=True)
class Config:
    """What the four files say."""

    plan: Plan
    sources: Mapping[str, SourceConfig]
    audiences: Mapping[str, Audience]


@dataclass(frozen=True)
class OptionModels:
    """What checks the options of plugins, by name; each plugin is imported only when it is named."""

    connectors: Mapping[str, type[BaseModel]]
    channels: Mapping[str, type[BaseModel]]


def load(folder: Path, models: OptionModels, secret: Resolver) -> Config:
    """Reads and checks the files in `folder`. Raises ConfigProblems with every problem of all of them."""
    if not folder.is_dir():
        raise ConfigProblems([Problem("", None, "", f"there is no folder {folder}; `okr init` makes one")])
    documents, wrong = _documents(folder)
    config = _Parts(documents, models, secret, wrong).config()
    if wrong or config is None:
        raise ConfigProblems(sorted(dict.fromkeys(wrong), key=_order))
    return config


def _documents(folder: Path) -> tuple[dict[str, Document], list[Problem]]:
    found: dict[str, Document] = {}
    wrong: list[Problem] = []
    for file in FILES:
        document = read(folder, file)
        if isinstance(document, Problem):
            wrong.append(document)
        else:
            wrong += document.problems
            found[file] = document
    return found, wrong


def _order(problem: Problem) -> tuple[int, int]:
    return FILES.index(problem.file), problem.line or 0


class _Parts:
    """Each file read as far as it can be, so that one mistake hides no other."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        models: OptionModels,
        secret: Resolver,
        wrong: list[Problem],
    ) -> None:
        self._documents, self._models, self._secret, self._wrong = documents, models, secret, wrong

    def config(self) -> Config | None:
        """None where a file is missing or wrong; why is in the list of problems."""
        sources = self._sources()
        metrics = self._metrics(sources)
        plan = self._plan(metrics)
        audiences = self._audiences()
        return None if plan is None or self._wrong else Config(plan, sources, audiences)

    def _sources(self) -> dict[str, SourceConfig]:
        if SOURCES not in self._documents:
            return {}
        found, wrong = read_sources(self._documents[SOURCES], self._models.connectors, self._secret)
        self._wrong += wrong
        return found

    def _metrics(self, sources: Mapping[str, SourceConfig]) -> dict[str, Metric]:
        if METRICS not in self._documents:
            return {}
        found, wrong = read_metrics(self._documents[METRICS])
        self._wrong += wrong
        if SOURCES in self._documents:
            named = entries(self._documents[SOURCES], "sources")
            self._wrong += _unfed(self._documents[METRICS], found, sources, list(named))
        return found

    def _plan(self, metrics: dict[str, Metric]) -> Plan | None:
        if OKRS not in self._documents:
            return None
        known = list(entries(self._documents[METRICS], "metrics")) if METRICS in self._documents else None
        file, wrong = read_okrs(self._documents[OKRS], metrics, known)
        self._wrong += wrong
        if file is None or self._wrong:
            return None
        return Plan(cycle=file.cycle, objectives=file.objectives, metrics=metrics)

    def _audiences(self) -> dict[str, Audience]:
        if AUDIENCES not in self._documents:
            return {}
        okrs = self._documents.get(OKRS)
        known = None if okrs is None else {str(each.get("id")): owners(each) for _, each in objectives(okrs)}
        found, wrong = read_audiences(self._documents[AUDIENCES], known, self._models.channels, self._secret)
        self._wrong += wrong
        return found


def _unfed(
    document: Document, metrics: Mapping[str, Metric], sources: Mapping[str, SourceConfig], names: list[str]
) -> Iterator[Problem]:
    """Metrics that no source can feed. A source that could not be read may supply anything."""
    supplied = [supplied_facts(source.options) for source in sources.values()]
    all_known = len(sources) == len(names) and None not in supplied
    there = {fact for facts in supplied for fact in facts or ()}
    for name, metric in metrics.items():
        path = ("metrics", name)
        for fact in needed_facts(metric) if all_known else ():
            if fact not in there:
                message = f"no source supplies the fact {fact!r}; add one to {SOURCES}, or take the metric out"
                yield document.problem((*path, "fact"), message)
        if metric.source is not None:
            yield from _unanswered(document, (*path, "source"), metric.source, sources, names)


def _unanswered(
    document: Document, path: tuple[Any, ...], source: str, sources: Mapping[str, SourceConfig], names: list[str]
) -> Iterator[Problem]:
    if source not in names:
        yield document.problem(path, f"unknown source {source!r}{meant(source, names)}")
    elif source in sources and not _answers(sources[source].options):
        message = f"{source} cannot answer a query: the connector {sources[source].connector} has facts alone"
        yield document.problem(path, message)


def needed_facts(metric: Metric) -> tuple[str, ...]:
    """The facts that a metric reads: its own, and training where it asks who is trained."""
    if metric.fact is None:
        return ()
    trained = any(condition.course is not None for _, where in wheres(metric) for condition in where.values())
    return (metric.fact, "training") if trained else (metric.fact,)


def supplied_facts(options: BaseModel) -> tuple[str, ...] | None:
    """The facts that a source with these options supplies, None where its connector alone can say.

    They are those of its `facts` (a list, or a mapping by fact) or its `streams`; where `facts` is left out, those
    that its type allows.
    """
    facts: Any = getattr(options, "facts", None)
    streams: Any = getattr(options, "streams", None)
    if isinstance(facts, Mapping | tuple | list):
        return tuple(facts)
    if isinstance(streams, tuple | list):
        return tuple(str(getattr(stream, "fact", "")) for stream in streams)
    field = type(options).model_fields.get("facts")
    return tuple(fact for fact in FACTS if fact in _choices(field.annotation)) or None if field else None


def _choices(annotation: Any) -> tuple[Any, ...]:
    """The values of every Literal inside an annotation."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(choice for inner in get_args(annotation) for choice in _choices(inner))


def _answers(options: BaseModel) -> bool:
    """Whether queries can be put to the source: its connector's options say so."""
    return bool(getattr(options, "queryable", False))
