"""Stripe: transactions from charges, and what disputes, warnings and reviews later say of them."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.stripe.options import StripeOptions


def _open(options: StripeOptions, context: Context) -> Source:
    from connectors.stripe.source import StripeSource  # noqa: PLC0415  options are validated without the web layer

    return StripeSource(options, context)


CONNECTOR = Connector(name="stripe", version="1", options=StripeOptions, open=_open)
