"""The `okr` command. Commands import what they need when they run, so that `okr status` stays quick."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

import typer

from cli import (
    config_commands,
    cycle_commands,
    digest_commands,
    people_commands,
    reading_commands,
    record_commands,
    run_commands,
    source_commands,
)

app = typer.Typer(
    name="okr",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Pulls Trust & Safety metrics, judges key results, and tells people what changed.",
    epilog="Exit codes: 0 done, 1 done but degraded, 2 the configuration is wrong, 3 the run itself failed.",
)
config_commands.register(app)
run_commands.register(app)
people_commands.register(app)
reading_commands.register(app)
record_commands.register(app)
cycle_commands.register(app)
source_commands.register(app)
digest_commands.register(app)


def run() -> NoReturn:
    """The console script: every known failure becomes sentences on stderr and an exit code, never a traceback."""
    _start_quickly()
    try:
        app()
    except Exception as problem:
        from cli.failures import explain_failure

        code, sentences = explain_failure(problem)
        for sentence in sentences:
            typer.echo(sentence, err=True)
        sys.exit(code)
    sys.exit(0)


def _start_quickly() -> None:
    """Saves a sixth of a short command's time, which is all imports."""
    gc.set_threshold(100_000)  # what is imported is no garbage, and is looked through again and again
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else it searches every installed package for some
