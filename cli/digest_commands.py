"""okr digest and okr scorecard: what people are told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.exits import DEGRADED

digest = typer.Typer(
    name="digest", no_args_is_help=True, help="What audiences are told: look at it, send it, see what became of it."
)


def register(app: typer.Typer) -> None:
    """Adds this module's commands."""
    app.add_typer(digest)
    app.command()(scorecard)


@digest.command()
def preview(
    audience: Annotated[str, typer.Argument(help="Its id in audiences.yaml.")],
    channel: Annotated[
        str | None, typer.Option(help="Show the very bytes that this channel would send, like slack.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write those bytes, or the whole mail, to this file.")] = None,
) -> None:
    """Show an audience's digest as it would be frozen now. Nothing is queued or sent."""
    from cli.opening import workspace
    from steps.freeze import preview as build_preview
    from steps.freeze import sent_over

    found = build_preview(workspace(), audience)
    if out is not None:
        out.write_bytes(sent_over(found, channel or found[0].delivery.channel).body)
        typer.echo(f"wrote {out}")
    elif channel is not None:
        typer.echo(sent_over(found, channel).body)
    else:
        typer.echo(found[0].text)


@digest.command()
def send(audience: Annotated[str | None, typer.Argument(help="Only this audience; all where absent.")] = None) -> None:
    """Freeze what has come due and send what is waiting, each delivery once."""
    from cli.opening import workspace
    from steps.drain import drain
    from steps.freeze import freeze_last

    work = workspace()
    freeze_last(work, audience)
    counts = drain(work, audience)
    typer.echo("outbox: " + (", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "nothing due"))
    if set(counts) - {"sent", "suppressed"}:
        raise typer.Exit(DEGRADED)


@digest.command()
def outbox(
    resend: Annotated[int | None, typer.Option(metavar="ID", help="Send this delivery again, the same bytes.")] = None,
    arrived: Annotated[int | None, typer.Option(metavar="ID", help="It did arrive: count it as sent.")] = None,
    cancel: Annotated[int | None, typer.Option(metavar="ID", help="Never send it.")] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who decides.")] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="How it is known.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """List every delivery with its state, and why; or settle one that is stuck."""
    from cli.as_json import encode, outbox_document
    from cli.opening import workspace
    from cli.tables import print_outbox
    from ledger.mending import Decision, rulings
    from ledger.outbox import rows
    from steps.mend import Decided, mend

    work = workspace()
    words: tuple[tuple[Decision, int | None], ...] = (("resend", resend), ("arrived", arrived), ("cancel", cancel))
    settled = mend(work, [Decided(word, each) for word, each in words if each is not None], by, note)
    for sentence in settled:
        typer.echo(sentence, err=as_json)
    zone = work.config.plan.cycle.timezone
    if as_json:
        typer.echo(encode(outbox_document(rows(work.engine), rulings(work.engine), zone)))
    elif not settled:
        print_outbox(rows(work.engine), zone)


def scorecard() -> None:
    """Write the scorecard page anew and say where it lies."""
    from cli.opening import workspace
    from steps.publish import latest_scorecard, publish_scorecard

    work = workspace()
    typer.echo(f"wrote {publish_scorecard(work, latest_scorecard(work))}")
