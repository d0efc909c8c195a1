"""okr sources: what is configured, and whether it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.exits import DEGRADED

sources = typer.Typer(
    name="sources", no_args_is_help=True, help="The sources that are configured, and whether they answer."
)


def register(app: typer.Typer) -> None:
    """Adds this module's commands."""
    app.add_typer(sources)


@sources.command("list")
def list_sources() -> None:
    """List sources with their connector, facts, and how far they are complete."""
    from cli.opening import workspace
    from cli.tables import print_sources
    from steps.sources import described

    print_sources(described(workspace()))


@sources.command("test")
def check(names: Annotated[list[str] | None, typer.Argument(help="Only these; all where absent.")] = None) -> None:
    """Read one cheap thing per permission needed, and say what is wrong and how to mend it."""
    from cli.opening import workspace
    from steps.sources import check_source

    work = workspace()
    unknown = [each for each in names or [] if each not in work.config.sources]
    if unknown:
        raise typer.BadParameter(f"no source {', '.join(unknown)}; there is: {', '.join(work.config.sources)}")
    broken = False
    for each in names or work.config.sources:
        problems = check_source(work, each)
        broken = broken or bool(problems)
        typer.echo(f"{each}: ok" if not problems else "\n".join(f"{each}: {problem}" for problem in problems))
    if broken:
        raise typer.Exit(DEGRADED)


@sources.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The connector's name, as sources.yaml will say it.")],
    into: Annotated[Path, typer.Option(help="The folder to write the package's folder into.")] = Path(),
) -> None:
    """Write the start of a connector of your own: a package that runs, and its proof."""
    from connectors.api import ConfigError
    from connectors.skeleton import write

    try:
        place = write(into, name)
    except ConfigError as problem:
        raise typer.BadParameter(str(problem)) from None
    typer.echo(f"{place} is written: run pytest in it, then change it. docs/write-a-connector.md walks through it.")
