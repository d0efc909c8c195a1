"""A plugin's options as they are written in YAML: secrets filled in, checked by the plugin's own model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from config.documents import Document
from config.problems import Problem
from config.secrets import NAME, Resolver
from config.wording import meant, problems

SECRET = "secret"  # noqa: S105 - the key that names one


def model_of(models: Mapping[str, type[BaseModel]], kind: str, name: str) -> type[BaseModel] | str:
    """The model of that plugin's options, or the sentence that says why there is none."""
    if name not in models:
        return f"unknown {kind} {name!r}{meant(name, models)}"
    try:
        return models[name]
    except Exception as error:  # an installed package that does not load: whatever it raised, it is that entry's alone
        return str(error)


def checked_options(
    document: Document,
    path: tuple[Any, ...],
    plugin: str,
    model: type[BaseModel] | None,
    written: Any,
    resolve: Resolver,
) -> tuple[BaseModel | None, list[Problem]]:
    """The options that stand at `path`, None where they cannot be used, and everything that is wrong with them.

    `plugin`: what to call it, like `connector ozone`; without a `model`, secrets alone are looked at.
    """
    secrets = SecretReader(document, resolve)
    filled = secrets.filled(written, path)
    options, wrong = (None, []) if model is None else _validated(document, path, plugin, model, filled)
    # An absent secret is told once; what a model says of the empty one in its place is no second mistake.
    told = {problem.key for problem in secrets.problems}
    return options, secrets.problems + [secrets.silenced(problem) for problem in wrong if problem.key not in told]


def _validated(
    document: Document, path: tuple[Any, ...], plugin: str, model: type[BaseModel], options: Any
) -> tuple[BaseModel | None, list[Problem]]:
    try:
        return model.model_validate(options), []
    except ValidationError as error:
        return None, list(problems(document, error, model, path))
    except Exception as error:
        return None, [document.problem(path, f"{plugin} fails on these options ({type(error).__name__})")]


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
            mend = "set it in the environment, .env or OKR_SECRETS_DIR"
            self._note(path, f"the secret {name} is named here but not set; {mend}")
            return ""
        self._seen.add(value)
        return value

    def _note(self, path: tuple[Any, ...], message: str) -> None:
        self.problems.append(self._document.problem(path, message))
