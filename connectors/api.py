"""What a connector plugin is: the only module that plugins import.

A plugin is one `Connector` value named CONNECTOR in its module. `open` gets validated options and a `Context`, and
returns a `Source`. A source raises only the errors below; whatever else escapes from it is reported as a data error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, runtime_checkable
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from okr_model.durations import Duration, Length, parse_duration
from okr_model.exchange import Page, Signal, Slice, Span
from okr_model.facts import (
    Account,
    Audit,
    Fact,
    Feedback,
    Instant,
    Member,
    Review,
    Ticket,
    Training,
    Transaction,
)

if TYPE_CHECKING:
    from connectors.checks import failures
    from connectors.faults import NoSuchPathError, NotAcceptedError, without_content
    from connectors.helpdesk import HelpdeskOptions, HostedOptions, HostName, UserReport, custom_of, texts
    from connectors.links import Answer
    from connectors.paging import MAX_PAGES, by_cursor, by_link, by_offset, by_page, cursor_walk
    from connectors.stages import Walk, in_stages
    from connectors.times import Unit, instant, iso, parse_iso, parse_ts
    from connectors.web import Auth, Client, Decode, Download, Limits

API_VERSION = 1

_LATER = {
    **dict.fromkeys(("NoSuchPathError", "NotAcceptedError", "without_content"), "connectors.faults"),
    "Answer": "connectors.links",
    "failures": "connectors.checks",
    **dict.fromkeys(
        ("HelpdeskOptions", "HostName", "HostedOptions", "UserReport", "custom_of", "texts"), "connectors.helpdesk"
    ),
    **dict.fromkeys(("Walk", "in_stages"), "connectors.stages"),
    **dict.fromkeys(("MAX_PAGES", "by_cursor", "by_link", "by_offset", "by_page", "cursor_walk"), "connectors.paging"),
    **dict.fromkeys(("Unit", "instant", "iso", "parse_iso", "parse_ts"), "connectors.times"),
    **dict.fromkeys(
        ("Auth", "Client", "Decode", "Download", "Limits"),
        "connectors.web",
    ),
}


def __getattr__(name: str) -> Any:
    """The web layer, loaded when a plugin first asks for it: options are validated without importing requests."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_LATER[name]), name)
    return value


class PullError(Exception):
    """Base of what a source may raise. The message names no secret, query string or content."""


class ConfigError(PullError):
    """Refused or set up wrongly: not tried again, operators are told."""


class TransientError(PullError):
    """Down, slow or over its limit: `retry_after` says when to come back, if the source said so."""

    def __init__(self, message: str, retry_after: Instant | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DataError(PullError):
    """Answered, but not in the shape that was promised: nothing of that page is kept."""


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("not an http or https URL with a host: write it like https://example.org/api")
    if parts.query or "@" in parts.netloc:
        raise ValueError("it holds a query or a password: give credentials under their own keys")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
"""A base_url: a host and perhaps a path; refused with a query or credentials in it."""


class Options(BaseModel):
    """Base of every connector's options: the keys of one entry in sources.yaml, `connector` apart."""

    # Inputs hold resolved secrets: a validation error must not print them.
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)
    queryable: ClassVar[bool] = False
    """Whether the connector's sources are `Queryable`; a metric with a query at another one is refused when loaded."""


class FactOptions(Options):
    """Options of connectors with built-in facts: `facts` limits which of them this source supplies."""

    facts: tuple[str, ...] | None = None

    def limited(self, supplies: Mapping[str, Supply]) -> Mapping[str, Supply]:
        """Those of a connector's supplies that `facts` leaves."""
        return {fact: supply for fact, supply in supplies.items() if self.facts is None or fact in self.facts}


@dataclass(frozen=True)
class Supply:
    """How a source supplies one fact. `lookback`: how far a later slice reaches back, in milliseconds.

    `everything`: each pull reads it whole. `signals`: folded fields (facts.FOLDS) come by signals, not with the rows.
    `vanishing`: rows can be deleted without the pulls being told: once a week a slice over all that is covered is
    read, and rows that it does not come by are retracted.
    """

    lookback: int = 0
    everything: bool = False
    signals: bool = False
    vanishing: bool = False


@dataclass
class Usage:
    """What a source has spent so far in this run; the web layer counts."""

    requests: int = 0
    pages: int = 0
    retries: int = 0


@dataclass(frozen=True)
class Context:
    """What a source is given: its name, the run's instant, the folder that relative paths start from."""

    name: str
    now: Instant
    folder: Path
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class QueryResult:
    """What a query at the source answered: `value`, or `numerator` and `denominator`; and `n` if it says so."""

    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    n: int | None = None


class Source(Protocol):
    """One configured instance of a connector, open for one run."""

    @property
    def supplies(self) -> Mapping[str, Supply]:
        """The facts that this source supplies, after its options."""
        ...

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:
        """Pages of one slice. Only the iterator's end completes the slice. Raises PullError."""
        ...

    def check(self) -> list[str]:
        """Reads one cheap thing per permission needed; one sentence per problem, and how to mend it."""
        ...


@runtime_checkable
class Queryable(Protocol):
    """A source that can also answer a metric's own query."""

    def reach(self) -> None:
        """Asks the smallest thing there is. Raises PullError."""
        ...

    def read(self, query: str, window: Span) -> QueryResult:
        """The number for one window. Raises PullError."""
        ...


@dataclass(frozen=True)
class Connector:
    """A plugin."""

    name: str
    version: str
    options: type[Options]
    open: Callable[[Any, Context], Source]
    api_version: int = API_VERSION


__all__ = [
    "API_VERSION",
    "MAX_PAGES",
    "Account",
    "Answer",
    "Audit",
    "Auth",
    "Client",
    "ConfigError",
    "Connector",
    "Context",
    "DataError",
    "Decode",
    "Download",
    "Duration",
    "Fact",
    "FactOptions",
    "Feedback",
    "HelpdeskOptions",
    "HostName",
    "HostedOptions",
    "HttpUrl",
    "Instant",
    "Length",
    "Limits",
    "Member",
    "NoSuchPathError",
    "NotAcceptedError",
    "Options",
    "Page",
    "PullError",
    "QueryResult",
    "Queryable",
    "Review",
    "SecretStr",
    "Signal",
    "Slice",
    "Source",
    "Span",
    "Supply",
    "Ticket",
    "Training",
    "Transaction",
    "TransientError",
    "Unit",
    "Usage",
    "UserReport",
    "Walk",
    "by_cursor",
    "by_link",
    "by_offset",
    "by_page",
    "cursor_walk",
    "custom_of",
    "failures",
    "in_stages",
    "instant",
    "iso",
    "parse_duration",
    "parse_iso",
    "parse_ts",
    "texts",
    "without_content",
]
