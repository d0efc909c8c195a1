"""What is configured, and whether it answers."""

from __future__ import annotations

from dataclasses import dataclass

from config.hushed import hushed
from connectors.api import PullError, Usage
from ledger import pulls, runs
from okr_model.exchange import Coverage, SourceOutcome
from steps.pull import describe
from steps.wiring import Workspace


@dataclass(frozen=True)
class Described:
    """One source: its connector, the facts it supplies, what they are complete for, and how its last pull went."""

    name: str
    connector: str
    facts: tuple[str, ...]
    coverages: tuple[Coverage, ...]
    outcome: SourceOutcome | None


def described(workspace: Workspace) -> list[Described]:
    """Every source, in the order of sources.yaml. Opens none of them over the network."""
    coverages = pulls.coverages(workspace.engine)
    outcomes = runs.latest_outcomes(workspace.engine)
    return [
        Described(
            name=name,
            connector=workspace.connector_of(name),
            facts=tuple(workspace.open_source(name, Usage()).supplies),
            coverages=tuple(each for each in coverages if each.source == name),
            outcome=outcomes[name][1] if name in outcomes else None,
        )
        for name in workspace.config.sources
    ]


def check_source(workspace: Workspace, name: str) -> list[str]:
    """One sentence per problem; none where all is well."""
    try:
        said = workspace.open_source(name, Usage()).check()
    except PullError as problem:
        said = [describe(name, problem).message]
    return [hushed(sentence).removeprefix(f"{name}: ") for sentence in said]
