"""okr sync, status, explain: the main job, and what it found."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer

from cli.exits import DEGRADED

Day = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DAY", help="A local day that has ended.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the documented JSON instead of a table.")]


def register(app: typer.Typer) -> None:
    """Adds this module's commands."""
    app.command()(sync)
    app.command()(status)
    app.command()(explain)


def day(value: datetime | None) -> date | None:
    """The date that was typed."""
    return None if value is None else value.date()


def sync(
    source: Annotated[list[str] | None, typer.Option(help="Pull only this source (may be given again).")] = None,
    as_of: Day = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Use a throw-away ledger: keep, publish and send nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Pull, take readings, judge, publish the scorecard, and freeze the digests that are due."""
    from cli import as_json as documents
    from cli.opening import workspace
    from cli.progress import pulling
    from cli.tables import print_sync
    from steps.rehearse import rehearse
    from steps.sync import sync as run_sync

    work = workspace()
    _known(source or [], list(work.config.sources))
    with pulling(list(source or work.config.sources)) as progress:
        run = rehearse if dry_run else run_sync
        report = run(work, as_of=day(as_of), only=source or [], progress=progress)
    if as_json:
        typer.echo(documents.encode(documents.sync_document(report)))
    else:
        print_sync(report)
    if report.state != "completed":
        raise typer.Exit(DEGRADED)


def _known(wanted: list[str], there: list[str]) -> None:
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise typer.BadParameter(f"no source {', '.join(unknown)} in sources.yaml; there is: {', '.join(there)}")


KnownAt = Annotated[
    str | None, typer.Option(metavar="INSTANT", help="What was believed at this instant (ISO 8601 with zone).")
]


def status(
    as_of: Day = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
) -> None:
    """Show the stored scorecard. What has not been renewed in time shows as Stale, even if nothing runs any more."""
    from cli import as_json as documents
    from config.settings import settings
    from steps.status import stored_scorecard

    scorecard = stored_scorecard(settings(), day(as_of), _instant(known_at))
    if as_json:
        typer.echo(documents.encode(documents.status_document(scorecard)))
    else:
        from cli.tables import print_scorecard

        print_scorecard(scorecard)


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no instant; write 2026-11-22T23:00+01:00") from None
    if at.utcoffset() is None:
        raise typer.BadParameter(f"{text!r} has no zone; write 2026-11-22T23:00+01:00")
    return round(at.timestamp() * 1000)


def explain(
    key_result: Annotated[str, typer.Argument(help="The key result's id.")],
    as_of: Day = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
) -> None:
    """Say where a key result's number and status come from, so that a person can redo both by hand."""
    from cli.opening import workspace
    from cli.tables import print_explanation
    from steps.explain import explain as explain_key_result

    opened = workspace()
    explanation = explain_key_result(opened, key_result, day(as_of), _instant(known_at))
    if as_json:
        from cli.as_json import encode, explanation_document

        typer.echo(encode(explanation_document(explanation, opened.config.plan.cycle.timezone)))
    else:
        print_explanation(explanation)
