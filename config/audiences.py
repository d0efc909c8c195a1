"""audiences.yaml: who is told what, when and how."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from config.documents import Document
from config.plans import built, named, stray_ids
from config.problems import Problem
from config.secrets import Resolver
from config.sources import SecretReader
from config.wording import entries, meant, mistakes_in, unusable_names
from okr_model.metrics import Definition
from okr_model.plan import Audience

CHANNELS = ("email",)
"""What is built. Any other channel is refused by name, rather than leaving its readers without a word."""

_ADDRESS = re.compile(r"^[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+$")


class AudiencesFile(Definition):
    """audiences.yaml."""

    audiences: dict[str, Audience]


def read_audiences(
    document: Document, objectives: Collection[str] | None, resolve: Resolver
) -> tuple[dict[str, Audience], list[Problem]]:
    """The audiences. `objectives`: the ids there are, None where okrs.yaml cannot be read at all."""
    wrong = [*mistakes_in(document, AudiencesFile, named(document, "audiences")), *stray_ids(document, "audiences")]
    found: dict[str, Audience] = {}
    for name, body in entries(document, "audiences").items():
        path = ("audiences", name)
        secrets = SecretReader(document, resolve)
        secrets.filled(body.get("channels"), (*path, "channels"))
        wrong += [*secrets.problems, *unusable_names(document, [(path, name)])]
        wrong += [*_addresses(document, path, body), *_channels(document, path, body)]
        wrong += _objectives(document, path, body.get("objectives"), objectives)
        audience = built(Audience, {**body, "id": name})
        if audience is not None:
            found[name] = audience
    return found, wrong


def _addresses(document: Document, path: tuple[Any, ...], body: dict[str, Any]) -> Iterator[Problem]:
    to = body.get("to")
    for index, address in enumerate(to if isinstance(to, list) else ()):
        if isinstance(address, str) and _ADDRESS.match(address) is None:
            message = f"{address!r} is no e-mail address; write one like ana@example.org"
            yield document.problem((*path, "to", index), message)
    channels = body.get("channels", ["email"])
    if not to and isinstance(channels, list) and "email" in channels:
        yield document.problem(path, "needs `to`, a list of addresses, for its channel email")


def _channels(document: Document, path: tuple[Any, ...], body: dict[str, Any]) -> Iterator[Problem]:
    channels = body.get("channels", ["email"])
    if isinstance(channels, list) and not channels:
        yield document.problem((*path, "channels"), "needs at least one channel, like [email]")
    for index, channel in enumerate(channels if isinstance(channels, list) else ()):
        name = next(iter(channel), None) if isinstance(channel, dict) else channel
        if channel not in CHANNELS:
            message = f"channel {name!r} is not built yet; there is: {', '.join(CHANNELS)}"
            yield document.problem((*path, "channels", index), message)


def _objectives(
    document: Document, path: tuple[Any, ...], chosen: Any, known: Collection[str] | None
) -> Iterator[Problem]:
    if chosen == []:
        yield document.problem((*path, "objectives"), "names none; write all, or a list like [moderation]")
    for index, name in enumerate(chosen if isinstance(chosen, list) else ()):
        if known is not None and isinstance(name, str) and name not in known:
            where = (*path, "objectives", index)
            yield document.problem(where, f"unknown objective {name!r}{meant(name, known)}")
