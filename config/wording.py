"""Pydantic's errors in the words of the file: what is wrong at which key, and what to write instead.

The value that was found is never repeated: in sources.yaml it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from config.documents import Document
from config.problems import Problem
from okr_model.mistakes import Mistakes
from okr_model.plan import Pace
from okr_model.targets import Baseline

_WRITTEN_KEYS: dict[type[BaseModel], tuple[str, ...]] = {Pace: ("phased", "step", "start", "reach_by")}
"""Models whose keys in YAML are not their fields."""

_SENTENCES = {
    "missing": "needs `{name}`",
    "int": "needs a whole number",
    "float": "needs a number",
    "decimal": "needs a number",
    "finite": "needs a number",
    "bool": "needs true or false",
    "date": "needs a day, like 2026-10-01",
    "datetime": "needs a day and time with zone, like 2026-10-01T08:00+02:00",
    "timezone": "needs a time with zone, like 2026-10-01T08:00+02:00",
    "time": "needs a time of day, like 08:00",
    "tuple": "needs a list, like [a, b]",
    "list": "needs a list, like [a, b]",
    "set": "needs a list, like [a, b]",
    "frozen": "needs a list, like [a, b]",
    "dict": "needs keys of its own below it",
    "mapping": "needs keys of its own below it",
    "model": "needs keys of its own below it",
    "greater_than": "needs a number above {gt:g}",
    "greater_than_equal": "needs a number of at least {ge:g}",
    "less_than": "needs a number below {lt:g}",
    "less_than_equal": "needs a number of at most {le:g}",
    "too_short": "needs at least {min_length}",
    "too_long": "takes at most {max_length}",
    "literal": "needs one of: {expected}",
    "enum": "needs one of: {expected}",
    "union_tag": "needs one of: {expected_tags}",
    "invalid_key": "needs a name in text: put it in quotes",
}
_LABEL = re.compile(
    r"^(bool|int|float|str|date|time|none|decimal|literal\[.*|tuple\[.*|list\[.*|dict\[.*|.*-.*\[.*|[A-Z]\w*)$"
)
_NAME = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$")
_LABEL_WORDS = {
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "str": "text",
    "date": "a day",
    "decimal": "a number",
}
_WRAPPED = re.compile(r"^function-\w+\[\w+\(\), (.*)\]$")


def problems(
    document: Document, error: ValidationError, model: type[BaseModel], path: tuple[Any, ...] = ()
) -> Iterator[Problem]:
    """One problem for each thing wrong in what stands at `path` of the document and should be a `model`."""
    for found in _of_one_branch(document, error.errors(include_url=False), path):
        where = (*path, *found["loc"])
        cause = found.get("ctx", {}).get("error")
        if isinstance(cause, Mistakes):
            yield from (document.problem((*where, *each.path), each.message) for each in cause.found)
        elif found["type"] == "extra_forbidden":
            known = keys_at(model, found["loc"][:-1])
            yield document.problem(
                document.beside(where), f"is not a key that is known here{meant(str(found['loc'][-1]), known)}"
            )
        else:
            yield document.problem(where, _sentence(found))


def mistakes_in(document: Document, model: type[BaseModel], data: Any) -> Iterator[Problem]:
    """What keeps the whole file, as `data`, from being a `model`."""
    try:
        model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        yield from problems(document, error, model)


def entries(document: Document, key: str) -> dict[str, dict[str, Any]]:
    """The named entries below a top-level key, those left out that are no mappings."""
    body = document.data.get(key) if isinstance(document.data, dict) else None
    named = body.items() if isinstance(body, dict) else ()
    return {str(name): entry for name, entry in named if isinstance(entry, dict)}


def unusable_names(document: Document, names: Iterable[tuple[tuple[Any, ...], Any]]) -> Iterator[Problem]:
    """Names are typed on the command line and stand in file names and mail headers."""
    for path, name in names:
        if isinstance(name, str) and _NAME.match(name) is None:
            yield document.problem(path, f"{name!r} is no name: write letters, digits, and - _ . between them")


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean x? There is: x, y`."""
    names = list(known)
    close = get_close_matches(word, names, n=1)
    guess = f"; did you mean {close[0]}?" if close else ";"
    return f"{guess} there is: {', '.join(names)}" if names else guess.rstrip(";")


def _sentence(found: ErrorDetails) -> str:
    cause = found.get("ctx", {}).get("error")
    if found["type"] in ("value_error", "assertion_error") and cause is not None:
        return str(cause)
    if isinstance(found["input"], SecretStr):
        return "takes no {secret: NAME}: write the value itself"
    if found["type"].startswith("string") and not isinstance(found["input"], str):
        return "needs text" + ("" if isinstance(found["input"], dict | list) else ": put it in quotes")
    if found["input"] is None and found["type"] != "missing":
        return "is empty: give it a value or take the key out"
    values: Mapping[str, Any] = {"name": found["loc"][-1] if found["loc"] else "", **found.get("ctx", {})}
    return _template(found["type"], found["msg"]).format_map(values).replace("'", "")


def _template(kind: str, message: str) -> str:
    """The entry whose name the error's type begins with, the longest one first."""
    fitting = [name for name in _SENTENCES if kind == name or kind.startswith(f"{name}_")]
    if fitting:
        return _SENTENCES[max(fitting, key=len)]
    return message.replace("{", "{{").replace("}", "}}").replace("Input should", "should")


def _of_one_branch(document: Document, errors: list[ErrorDetails], path: tuple[Any, ...]) -> Iterator[ErrorDetails]:
    """Pydantic reports every branch of a union; the reader meant one: the branch that fits the value's kind."""
    branches: dict[tuple[Any, ...], list[ErrorDetails]] = {}
    for found in errors:
        if found["type"] == "too_short" and len(found["input"]) >= found["ctx"]["min_length"]:
            continue  # long enough in the file: what is wrong with its entries is told for each of them
        split = _branch(document, found, path)
        if split is None:
            yield found
        else:
            branches.setdefault(found["loc"][:split], []).append(found)
    for loc, group in branches.items():
        labels = {str(each["loc"][len(loc)]): None for each in group}
        chosen = _fitting(document, (*path, *loc), labels)
        inside = [each for each in group if each["loc"][len(loc)] == chosen]
        yield from inside or [_no_branch(group[0], loc, labels)]


def _branch(document: Document, found: ErrorDetails, path: tuple[Any, ...]) -> int | None:
    """Index of the first step of the error's place that names a branch of a union rather than a key."""
    loc = found["loc"]
    for index, step in enumerate(loc):
        in_file = document.has((*path, *loc[: index + 1]))
        asked_for = found["type"] == "missing" and index == len(loc) - 1
        if isinstance(step, str) and not in_file and not asked_for and _LABEL.match(step):
            return index
    return None


def _fitting(document: Document, where: tuple[Any, ...], labels: Iterable[str]) -> str | None:
    value = document.at(where)
    if not isinstance(value, dict | list):
        return None
    wanted = re.compile(r"[A-Z]|dict" if isinstance(value, dict) else r"tuple|list")
    return next((label for label in labels if wanted.match(_inner(label))), None)


def _inner(label: str) -> str:
    """`Baseline` from `function-after[_one(), Baseline]`."""
    while wrapped := _WRAPPED.match(label):
        label = wrapped[1]
    return label


def _no_branch(found: ErrorDetails, loc: tuple[Any, ...], labels: Iterable[str]) -> ErrorDetails:
    words = dict.fromkeys(_branch_words(_inner(label)) for label in labels)
    return {**found, "loc": loc, "type": "value_error", "ctx": {"error": ValueError(f"needs {', or '.join(words)}")}}


def _branch_words(label: str) -> str:
    if label.startswith("literal["):
        return label.removeprefix("literal[").rstrip("]").replace("'", "").replace(",", " or ")
    if label.startswith(("tuple", "list")):
        return "a list"
    if label == Baseline.__name__:
        return "{previous: cycle} or {start: DAY, end: DAY}"
    if label.startswith("dict") or label[0].isupper():
        return "keys of its own below it"
    return _LABEL_WORDS.get(label, label)


def keys_at(model: Any, loc: tuple[Any, ...]) -> list[str]:
    """The keys that may be written at a place inside a model, `kind` apart where the YAML form has none."""
    return list(dict.fromkeys(_keys(model, loc)))


def _keys(kind: Any, loc: tuple[Any, ...]) -> Iterator[str]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from _model_keys(kind, loc)
    elif get_origin(kind) is Annotated:
        yield from _keys(get_args(kind)[0], loc)
    elif get_origin(kind) in (Union, UnionType):
        for member in get_args(kind):
            if loc and _inner(str(loc[0])) in _labels(member):
                yield from _keys(member, loc[1:])
            elif not (loc and _LABEL.match(str(loc[0]))):
                yield from _keys(member, loc)
    elif loc and get_args(kind):
        yield from _keys(get_args(kind)[-1 if get_origin(kind) is dict else 0], loc[1:])


def _model_keys(model: type[BaseModel], loc: tuple[Any, ...]) -> Iterator[str]:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    if loc:
        chosen = fields.get(str(loc[0])) or model.model_fields.get(str(loc[0]))
        if chosen is not None:
            yield from _keys(chosen.annotation, loc[1:])
        return
    built_in = model.__module__.startswith("okr_model")
    yield from _WRITTEN_KEYS.get(model, tuple(name for name in fields if not (built_in and name == "kind")))


def _labels(member: Any) -> tuple[str, ...]:
    if not (isinstance(member, type) and issubclass(member, BaseModel)):
        return ()
    kind = member.model_fields.get("kind")
    tags = get_args(kind.annotation) if kind is not None and get_origin(kind.annotation) is Literal else ()
    return (member.__name__, *tags)
