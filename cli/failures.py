"""Which failure is which exit code, and what is said of it."""

from __future__ import annotations

import os

from sqlalchemy.exc import SQLAlchemyError

from cli.demo import DemoFailed
from cli.exits import FAILED, MISCONFIGURED
from config.problems import ConfigProblems
from digests.channels.api import ChannelError
from ledger.database import LedgerError
from ledger.mending import MendRefused
from steps.checkin import CheckInRefused
from steps.cycle import CannotClose, CannotOpen
from steps.explain import NoSuchKeyResult
from steps.export import UnknownFileKind
from steps.freeze import NoSuchAudience
from steps.rule import RulingRefused
from steps.status import NothingStored
from steps.sync import NotYet

REFUSED = (
    MendRefused,
    NotYet,
    ChannelError,
    CheckInRefused,
    NoSuchKeyResult,
    NoSuchAudience,
    NothingStored,
    RulingRefused,
    UnknownFileKind,
    CannotClose,
    CannotOpen,
)
"""What cannot be done as it was asked; the sentence says why."""


def explain_failure(problem: Exception) -> tuple[int, list[str]]:
    """Exit code and sentences. OKR_TRACEBACK=1 raises the original instead, for whoever mends okrsync itself."""
    if os.environ.get("OKR_TRACEBACK"):
        raise problem
    if isinstance(problem, ConfigProblems):
        return MISCONFIGURED, _problems(problem)
    return MISCONFIGURED if isinstance(problem, REFUSED) else FAILED, [f"error: {_sentence(problem)}"]


def _sentence(problem: Exception) -> str:
    if isinstance(problem, (*REFUSED, LedgerError, DemoFailed)):
        return str(problem)
    if isinstance(problem, SQLAlchemyError):
        # Its text holds the statement and its parameters: names of systems, hashes, sometimes the URL.
        return f"the ledger cannot be used ({type(problem).__name__}); `okr doctor` looks into it"
    if isinstance(problem, OSError):
        return f"{problem.strerror or type(problem).__name__}: {problem.filename or ''}".rstrip(": ")
    return f"{type(problem).__name__}, a fault in okrsync; OKR_TRACEBACK=1 shows where"


def _problems(problems: ConfigProblems) -> list[str]:
    count = len(problems.problems)
    return [f"error: {each}" for each in problems.problems] + [f"{count} problem{'s' * (count != 1)}, nothing was done"]
