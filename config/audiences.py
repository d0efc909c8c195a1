"""audiences.yaml: who is told what, when and how."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from config.channels import EMAIL, read_channels
from config.documents import Document
from config.plans import built, named, stray_ids
from config.problems import Problem
from config.secrets import Resolver
from config.wording import entries, meant, mistakes_in, unusable_names
from okr_model.addresses import mailable
from okr_model.metrics import Definition
from okr_model.plan import OWNERS, Audience


class WrittenAudience(Audience):
    """An audience as it is written: its channels by name, some with options, which belong to their plugins."""

    channels: tuple[Any, ...] = (EMAIL,)


class AudiencesFile(Definition):
    """audiences.yaml."""

    audiences: dict[str, WrittenAudience]


def read_audiences(
    document: Document,
    objectives: Mapping[str, Collection[str]] | None,
    channel_models: Mapping[str, type[BaseModel]],
    resolve: Resolver,
) -> tuple[dict[str, Audience], list[Problem]]:
    """The audiences. `objectives`: the owners of each one's key results, None where okrs.yaml cannot be read at all."""
    wrong = [*mistakes_in(document, AudiencesFile, named(document, "audiences")), *stray_ids(document, "audiences")]
    found: dict[str, Audience] = {}
    for name, body in entries(document, "audiences").items():
        path = ("audiences", name)
        channels = (*path, "channels")
        uses, mistakes = read_channels(document, channels, body.get("channels", [EMAIL]), channel_models, resolve)
        wrong += [*unusable_names(document, [(path, name)]), *_addresses(document, path, body), *mistakes]
        wrong += _objectives(document, path, body.get("objectives"), objectives)
        wrong += _owners(document, path, body, objectives)
        audience = built(Audience, {**body, "id": name, "channels": uses})
        if audience is not None:
            found[name] = audience
    return found, wrong


def _addresses(document: Document, path: tuple[Any, ...], body: dict[str, Any]) -> Iterator[Problem]:
    to = body.get("to")
    if isinstance(to, str) and to != OWNERS:
        yield document.problem((*path, "to"), f"needs a list, like [ana@example.org], or {OWNERS}")
    for index, address in enumerate(to if isinstance(to, list) else ()):
        if isinstance(address, str) and not mailable(address):
            message = f"{address!r} is no e-mail address; write one like ana@example.org"
            yield document.problem((*path, "to", index), message)
    channels = body.get("channels", [EMAIL])
    if to == OWNERS and channels != [EMAIL]:
        yield document.problem((*path, "channels"), f"owners are told by {EMAIL} alone; leave `channels` out")
    if not to and isinstance(channels, list) and (EMAIL in channels or {EMAIL: {}} in channels):
        yield document.problem(path, f"needs `to`, a list of addresses, for its channel {EMAIL}")


def _objectives(
    document: Document, path: tuple[Any, ...], chosen: Any, known: Collection[str] | None
) -> Iterator[Problem]:
    if chosen == []:
        yield document.problem((*path, "objectives"), "names none; write all, or a list like [moderation]")
    for index, name in enumerate(chosen if isinstance(chosen, list) else ()):
        if known is not None and isinstance(name, str) and name not in known:
            where = (*path, "objectives", index)
            yield document.problem(where, f"unknown objective {name!r}{meant(name, known)}")


def _owners(
    document: Document, path: tuple[Any, ...], body: dict[str, Any], known: Mapping[str, Collection[str]] | None
) -> Iterator[Problem]:
    """Whether whoever is to be told as an owner can be."""
    if body.get("to") != OWNERS or known is None:
        return
    chosen = body.get("objectives", "all")
    names = [name for name in known if chosen == "all" or (isinstance(chosen, list) and name in chosen)]
    owners = dict.fromkeys(owner for name in names for owner in known[name])
    if names and not owners:
        yield document.problem((*path, "to"), "no key result of these objectives has an owner; name them in okrs.yaml")
    for owner in owners:
        if not mailable(owner):
            message = f"the owner {owner!r} has no address to write to; in okrs.yaml, write one like ana@example.org"
            yield document.problem((*path, "to"), message)
