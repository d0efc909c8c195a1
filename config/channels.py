"""`channels` of an audience: which plugins carry a digest, with which options, to which places."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from config.documents import Document
from config.options import SECRET, checked_options, model_of
from config.problems import Problem
from config.secrets import Resolver
from okr_model.plan import ChannelUse

EMAIL = "email"
"""The one channel that leads to each of an audience's addresses; every other leads to the place its options name."""


_NAMELESS = "needs the name of a channel, like email, or one name with its options, like {slack: {webhook: …}}"


def read_channels(
    document: Document, path: tuple[Any, ...], written: Any, models: Mapping[str, type[BaseModel]], resolve: Resolver
) -> tuple[tuple[ChannelUse, ...], list[Problem]]:
    """The channels that stand at `path`, and everything that is wrong with the others."""
    found: list[ChannelUse] = []
    wrong: list[Problem] = []
    if written == []:
        wrong.append(document.problem(path, "needs at least one channel, like [email]"))
    for index, entry in enumerate(written if isinstance(written, list) else ()):
        where = (*path, index)
        name, options = _named(entry)
        model = _NAMELESS if name is None else model_of(models, "channel", name)
        if name is None or isinstance(model, str):
            wrong.append(document.problem(where, str(model)))
            continue
        inside = (*where, name) if isinstance(entry, dict) else where
        checked, mistakes = checked_options(document, inside, f"channel {name}", model, options, resolve)
        wrong += mistakes
        if checked is not None:
            found.append(ChannelUse(name, None if name == EMAIL else _place(name, options), checked))
    return tuple(found), [*wrong, *_twice(document, path, found)]


def _named(entry: Any) -> tuple[str | None, Any]:
    """`email` and `{slack: {…}}` as name and options."""
    if isinstance(entry, str):
        return entry, {}
    if isinstance(entry, dict) and len(entry) == 1:
        [(name, options)] = entry.items()
        return str(name), {} if options is None else options
    return None, {}


def _place(name: str, options: Any) -> str:
    """The secrets' names, which stay when a secret is renewed; else a mark of the options."""
    secrets = sorted(set(_secrets(options)))
    if secrets:
        return "+".join(secrets)
    return f"{name}-{hashlib.sha256(json.dumps(options, sort_keys=True, default=str).encode()).hexdigest()[:8]}"


def _secrets(options: Any) -> Iterator[str]:
    if isinstance(options, dict) and set(options) == {SECRET}:
        yield str(options[SECRET])
    elif isinstance(options, dict | list):
        for inner in options.values() if isinstance(options, dict) else options:
            yield from _secrets(inner)


def _twice(document: Document, path: tuple[Any, ...], found: list[ChannelUse]) -> Iterator[Problem]:
    seen: set[tuple[str, str | None]] = set()
    for each in found:
        if (each.channel, each.place) in seen:
            yield document.problem(path, f"names the same {each.channel} twice; leave one out")
        seen.add((each.channel, each.place))
