"""sources.yaml: which systems are read, through which connector, with which options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from config.documents import Document
from config.problems import Problem
from config.secrets import NAME, Resolver
from config.wording import entries, meant, mistakes_in, problems
from okr_model.facts import FACTS
from okr_model.metrics import Definition

SECRET = "secret"  # noqa: S105 - the key that names one


@dataclass(frozen=True)
class SourceConfig:
    """One entry of sources.yaml, its options validated by its connector."""

    name: str
    connector: str
    options: BaseModel


class SourcesFile(Definition):
    """The file's outer shape; options belong to the connectors."""

    sources: dict[str, dict[str, Any]]


class SecretReader:
    """Puts values in the place of `{secret: NAME}`, and keeps those values out of every message."""

    def __init__(self, document: Document, resolve: Resolver) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._resolve = resolve
        self._seen: set[str] = set()

    def filled(self, value: Any, path: tuple[Any, ...]) -> Any:
        """A copy of `value` with SecretStr instead of names. An absent one is noted, and stands as an empty secret."""
        if isinstance(value, dict) and set(value) == {SECRET}:
            return SecretStr(self._value(value[SECRET], path))
        if isinstance(value, dict):
            return {key: self.filled(body, (*path, key)) for key, body in value.items()}
        if isinstance(value, list):
            return [self.filled(body, (*path, index)) for index, body in enumerate(value)]
        return value

    def silenced(self, problem: Problem) -> Problem:
        """The problem without any secret that a connector's own message may have repeated."""
        message = problem.message
        for value in sorted(self._seen, key=len, reverse=True):
            message = message.replace(value, "***")
        return problem if message == problem.message else Problem(problem.file, problem.line, problem.key, message)

    def _value(self, name: Any, path: tuple[Any, ...]) -> str:
        if not isinstance(name, str) or NAME.match(name) is None:
            self._note(path, "a secret is named in letters, digits and _, like {secret: ZENDESK_TOKEN}")
            return ""
        value = self._resolve(name)
        if value is None:
            place = self._document.place(path)
            mend = "set it in the environment, .env or OKR_SECRETS_DIR"
            self._note(path, f"secret {name} is named in {self._document.file}:{place.line} but not set; {mend}")
            return ""
        self._seen.add(value)
        return value

    def _note(self, path: tuple[Any, ...], message: str) -> None:
        self.problems.append(self._document.problem(path, message))


def read_sources(
    document: Document, option_models: Mapping[str, type[BaseModel]], resolve: Resolver
) -> tuple[dict[str, SourceConfig], list[Problem]]:
    """The sources that could be read, and everything that is wrong with the others."""
    found: dict[str, SourceConfig] = {}
    wrong = list(mistakes_in(document, SourcesFile, document.data))
    for name, entry in entries(document, "sources").items():
        secrets = SecretReader(document, resolve)
        options = {key: body for key, body in entry.items() if key != "connector"}
        filled = secrets.filled(options, ("sources", name))
        source, mistakes = _source(document, name, entry.get("connector"), filled, option_models)
        wrong += secrets.problems
        # An absent secret was told above; what an option model says of the empty one in its place is no second mistake.
        told = {problem.key for problem in secrets.problems}
        wrong += [secrets.silenced(problem) for problem in mistakes if problem.key not in told]
        if source is not None:
            found[name] = source
    return found, wrong


def _source(
    document: Document, name: str, connector: Any, options: dict[str, Any], option_models: Mapping[str, type[BaseModel]]
) -> tuple[SourceConfig | None, list[Problem]]:
    path = ("sources", name)
    if connector is None:
        return None, [document.problem(path, f"needs `connector`, one of: {', '.join(option_models)}")]
    if connector not in option_models:
        message = f"unknown connector {connector!r}{meant(str(connector), option_models)}"
        return None, [document.problem((*path, "connector"), message)]
    model = option_models[connector]
    wrong = list(_unknown_facts(document, path, options.get("facts")))
    try:
        validated = model.model_validate(options)
    except ValidationError as error:
        told = list(problems(document, error, model, path))
        keys = tuple(problem.key for problem in told)
        return None, [*told, *(problem for problem in wrong if not problem.key.startswith(keys))]
    except Exception as error:
        kind = type(error).__name__
        return None, [*wrong, document.problem(path, f"connector {connector} fails on these options ({kind})")]
    return SourceConfig(name, connector, validated), wrong


def _unknown_facts(document: Document, path: tuple[Any, ...], facts: Any) -> Iterator[Problem]:
    names = facts if isinstance(facts, dict | list) else ()
    for index, name in enumerate(names):
        if name not in FACTS:
            step = name if isinstance(facts, dict) else index
            yield document.problem((*path, "facts", step), f"unknown fact {name!r}{meant(str(name), FACTS)}")
