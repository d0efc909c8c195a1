"""Prometheus, and what speaks its API: the answer to a metric's own PromQL query."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.prometheus.options import PrometheusOptions


def _open(options: PrometheusOptions, context: Context) -> Source:
    from connectors.prometheus.source import PrometheusSource  # noqa: PLC0415  options need no web layer

    return PrometheusSource(options, context)


CONNECTOR = Connector(name="prometheus", version="1", options=PrometheusOptions, open=_open)
