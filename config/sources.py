"""sources.yaml: which systems are read, through which connector, with which options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from config.documents import Document
from config.options import checked_options, model_of
from config.problems import Problem
from config.secrets import Resolver
from config.wording import entries, meant, mistakes_in
from okr_model.facts import FACTS
from okr_model.metrics import Definition


@dataclass(frozen=True)
class SourceConfig:
    """One entry of sources.yaml, its options validated by its connector."""

    name: str
    connector: str
    options: BaseModel


class SourcesFile(Definition):
    """The file's outer shape; options belong to the connectors."""

    sources: dict[str, dict[str, Any]]


def read_sources(
    document: Document, option_models: Mapping[str, type[BaseModel]], resolve: Resolver
) -> tuple[dict[str, SourceConfig], list[Problem]]:
    """The sources that could be read, and everything that is wrong with the others."""
    found: dict[str, SourceConfig] = {}
    wrong = list(mistakes_in(document, SourcesFile, document.data))
    for name, entry in entries(document, "sources").items():
        path = ("sources", name)
        connector = str(entry.get("connector"))
        model = model_of(option_models, "connector", connector)
        written = {key: body for key, body in entry.items() if key != "connector"}
        usable = None if isinstance(model, str) else model
        options, mistakes = checked_options(document, path, f"connector {connector}", usable, written, resolve)
        keys = tuple(problem.key for problem in mistakes)
        facts = [] if usable is None else _unknown_facts(document, path, entry.get("facts"))
        wrong += [*mistakes, *(problem for problem in facts if not problem.key.startswith(keys))]
        if "connector" not in entry:
            wrong.append(document.problem(path, f"needs `connector`, one of: {', '.join(option_models)}"))
        elif isinstance(model, str):
            wrong.append(document.problem((*path, "connector"), model))
        if options is not None:
            found[name] = SourceConfig(name, connector, options)
    return found, wrong


def _unknown_facts(document: Document, path: tuple[Any, ...], facts: Any) -> Iterator[Problem]:
    names = facts if isinstance(facts, dict | list) else ()
    for index, name in enumerate(names):
        if name not in FACTS:
            step = name if isinstance(facts, dict) else index
            yield document.problem((*path, "facts", step), f"unknown fact {name!r}{meant(str(name), FACTS)}")
