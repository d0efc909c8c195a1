"""okr init, check, schema, doctor, db, demo: setting up and looking after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.exits import DEGRADED

database = typer.Typer(name="db", no_args_is_help=True, help="The ledger's database.")


def register(app: typer.Typer) -> None:
    """Adds this module's commands."""
    app.command()(init)
    app.command()(demo)
    app.command()(check)
    app.command()(schema)
    app.command()(doctor)
    app.add_typer(database)


def init() -> None:
    """Write the Trust & Safety template into OKR_CONFIG_DIR. Overwrites nothing."""
    from config.settings import settings
    from config.template import write

    folder = Path(settings().config_dir)
    for path in write(folder):
        typer.echo(f"wrote {path}")
    typer.echo(f"next: name your systems in {folder / 'sources.yaml'} and put their secrets in {folder / '.env'},")
    typer.echo("then run `okr check`, `okr sources test` and `okr sync`")


def demo() -> None:
    """Run two nights of the nightly flow against local stand-ins; everything is kept in ./demo."""
    from cli.demo import run_demo

    run_demo(Path.cwd() / "demo")


def check() -> None:
    """Check the four files and the secrets they name. Says every problem at once, asks no source, writes nothing."""
    from cli.tables import print_checked
    from config.settings import settings
    from steps.check import all_doubts
    from steps.wiring import load_config

    chosen = settings()
    config = load_config(chosen)
    print_checked(config)
    for doubt in all_doubts(chosen, config):
        typer.echo(f"note: {doubt}", err=True)


def schema(
    out: Annotated[
        Path | None, typer.Option(help="Folder to write one JSON Schema per file into; standard output where absent.")
    ] = None,
) -> None:
    """Write JSON Schemas of the four files, so that editors complete and check them."""
    from steps.schema import schema_texts

    for name, text in schema_texts().items():
        if out is None:
            typer.echo(text)
            continue
        out.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text)
        typer.echo(f"wrote {out / name}")


def doctor() -> None:
    """Look into settings, files, ledger, sources' last pulls, outbox and mail, and say what to mend."""
    from config.settings import settings
    from steps.doctor import examine

    sick = False
    for finding in examine(settings()):
        sick = sick or not finding.well
        typer.echo(f"{'ok  ' if finding.well else 'MEND'} {finding.what}: {finding.sentence}")
    if sick:
        raise typer.Exit(DEGRADED)


@database.command()
def upgrade() -> None:
    """Bring the ledger's tables to this version."""
    from config.settings import settings
    from steps.wiring import open_ledger

    open_ledger(settings())
    typer.echo("the ledger is at the newest revision")


@database.command()
def backup(path: Annotated[Path, typer.Argument(help="File to write; must not exist.")]) -> None:
    """Copy a SQLite ledger while it may be in use."""
    from config.settings import settings
    from ledger import database as ledger_database

    ledger_database.backup(ledger_database.connect(settings().database_url), path)
    typer.echo(f"wrote {path}")
