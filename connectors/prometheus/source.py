"""Asking Prometheus for one number at the end of a window."""

from __future__ import annotations

from connectors.api import (
    Client,
    ConfigError,
    Context,
    DataError,
    Limits,
    NotAcceptedError,
    PullError,
    QueryResult,
    Span,
    TransientError,
    failures,
)
from connectors.prometheus.options import PrometheusOptions
from connectors.prometheus.wire import Answered, Scalar, Vector
from connectors.queries import NUMBERS, QueryOnly, finite, one_number
from connectors.rest.auth import open_auth

_LIMITS = Limits(read=130.0, answer=150.0)  # Prometheus itself ends a query after two minutes
_WINDOW = "{window}"
_LATER = frozenset({"timeout", "canceled", "internal", "unavailable"})


class PrometheusSource(QueryOnly):
    """One Prometheus."""

    def __init__(self, options: PrometheusOptions, context: Context) -> None:
        self._context = context
        auth = open_auth(options.auth, context)
        self._client = Client(options.base_url, context, auth=auth, limits=_LIMITS)

    def read(self, query: str, window: Span) -> QueryResult:
        """The query at the window's end: its one series, or those that the label `part` names.

        No series is no value, and so are NaN and infinity.
        """
        data = self._ask(self._written(query, window), window.end).data
        if isinstance(data, Scalar):
            return QueryResult(value=finite(self._context.name, data.result[1]))
        if not isinstance(data, Vector):
            raise DataError(f"{self._context.name}: the query returns no number: make one of it, as with sum(...)")
        if any(series.metric.part in NUMBERS for series in data.result):
            return self._parts(data)
        if len(data.result) > 1:
            raise DataError(f"{self._context.name}: the query returns several series: make one of them, as with sum()")
        return QueryResult(value=finite(self._context.name, data.result[0].value[1]) if data.result else None)

    def _parts(self, data: Vector) -> QueryResult:
        """A part of which Prometheus has no series is not known, and what needs it has no value."""
        found = [(series.metric.part or "", series.value[1]) for series in data.result]
        names = [name for name, _ in found]
        if len(set(names)) < len(names):
            raise DataError(f"{self._context.name}: the query returns several series of one part: sum() them first")
        lacking = [(name, None) for name in ("numerator", "denominator") if "value" not in names and name not in names]
        parts = [*found, *lacking]
        return one_number(self._context.name, [name for name, _ in parts], [[number for _, number in parts]])

    def reach(self) -> None:
        """The smallest query there is."""
        self.read("vector(1)", Span(start=self._context.now, end=self._context.now))

    def check(self) -> list[str]:
        return failures({"access to the query API": self.reach})

    def _written(self, query: str, window: Span) -> str:
        if _WINDOW not in query:
            return query
        if window.start is None:
            raise ConfigError(f"{self._context.name}: {_WINDOW} stands in the query of a metric whose window has none")
        length = window.end - window.start
        return query.replace(_WINDOW, f"{length}ms" if length % 1_000 else f"{length // 1_000}s")

    def _ask(self, query: str, end: int) -> Answered:
        form = {"query": query, "time": f"{end // 1_000}.{end % 1_000:03d}"}
        try:
            answer = self._client.post_query("api/v1/query", form=form, decode=Answered)
        except NotAcceptedError:
            raise self._unfit() from None
        if answer.status != "success":
            raise self._failed(answer.error_type)
        if answer.warnings:
            raise DataError(
                f"{self._context.name}: Prometheus answers the query with a warning, as where a part of the data "
                "is missing: run it in Prometheus' own page to read the warning, and mend that first"
            )
        return answer

    def _failed(self, kind: str | None) -> PullError:
        if kind in _LATER:
            return TransientError(f"{self._context.name}: Prometheus could not answer the query in time ({kind})")
        return self._unfit()

    def _unfit(self) -> ConfigError:
        return ConfigError(
            f"{self._context.name}: Prometheus does not accept the query: try it in Prometheus' own page, "
            f"with {_WINDOW} written as 7d"
        )
