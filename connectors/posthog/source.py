"""Asking PostHog for one number of a window."""

from __future__ import annotations

from connectors.api import (
    Auth,
    Client,
    ConfigError,
    Context,
    DataError,
    Instant,
    Limits,
    NotAcceptedError,
    QueryResult,
    Span,
    failures,
    iso,
)
from connectors.posthog.options import PosthogOptions
from connectors.posthog.wire import Answered
from connectors.queries import QueryOnly, one_number, statement_problem, uses_since, with_parameters

_LIMITS = Limits(read=180.0, answer=200.0)  # a query over many events runs for minutes


class PosthogSource(QueryOnly):
    """One PostHog project."""

    def __init__(self, options: PosthogOptions, context: Context) -> None:
        self._context = context
        self._path = f"api/projects/{options.project}/query/"
        auth = Auth({"Authorization": f"Bearer {options.api_key.get_secret_value()}"})
        self._client = Client(options.base_url, context, auth=auth, limits=_LIMITS)

    def read(self, query: str, window: Span) -> QueryResult:
        """The one row of the query, with `:start` and `:end` as the window's instants."""
        if problem := self._problem(query):
            raise ConfigError(f"{self._context.name}: {problem}")
        times = {"start": _time(window.start or 0), "end": _time(window.end)}
        answer = self._ask(with_parameters(query, lambda name: times[name]))
        return one_number(self._context.name, answer.columns, answer.results)

    def reach(self) -> None:
        """The smallest query there is."""
        self.read("select 1 as value", Span(start=self._context.now, end=self._context.now))

    def check(self) -> list[str]:
        return failures({"the scope query:read, for this project": self.reach})

    def _problem(self, query: str) -> str | None:
        if uses_since(query):
            return "the query names :since: use :start and :end"
        return statement_problem(query)

    def _ask(self, query: str) -> Answered:
        # Without force_blocking an earlier answer may come again from a cache, or none yet.
        asked = {"query": {"kind": "HogQLQuery", "query": query}, "refresh": "force_blocking"}
        try:
            answer = self._client.post_query(self._path, json=asked, decode=Answered)
        except NotAcceptedError:
            raise ConfigError(
                f"{self._context.name}: PostHog does not accept the query: try it in PostHog's SQL editor, "
                "with :start and :end written as toDateTime('2026-10-01T00:00:00Z')"
            ) from None
        if answer.error is not None:
            raise DataError(f"{self._context.name}: PostHog says that the query failed: try it in PostHog's SQL editor")
        return answer


def _time(at: Instant) -> str:
    """As HogQL's own conversion, so that the project's time zone changes nothing."""
    return f"toDateTime('{iso(at)}')"
