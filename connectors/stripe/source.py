"""Reading Stripe: charges, then what became known of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from connectors.api import (
    Auth,
    Client,
    ConfigError,
    Context,
    DataError,
    Page,
    Slice,
    Supply,
    Walk,
    by_cursor,
    failures,
    in_stages,
)
from connectors.stripe import mapping
from connectors.stripe.options import StripeOptions
from connectors.stripe.wire import Charge, Dispute, Event, Listed, Warned

_DAY = 86_400_000
# Charges change for some days (fraud_details); nothing says when they did.
_SUPPLIES = {"transaction": Supply(lookback=3 * _DAY, signals=True)}
# Disputes and warnings are few, come late and change for months: each pull reads them over.
_LABELS_CHANGE_FOR = 120 * _DAY

_CHARGES, _DISPUTES, _EVENTS = "charges", "disputes", "events"
_WARNINGS = "radar/early_fraud_warnings"
_EVENT_TYPES = ["review.closed", "charge.refunded"]  # the list of reviews itself leaves out closed ones

T = TypeVar("T", Charge, Dispute, Warned, Event)
Params = dict[str, Any]


class StripeSource:
    """One Stripe account."""

    def __init__(self, options: StripeOptions, context: Context) -> None:
        self._context = context
        key = options.api_key.get_secret_value()
        self._client = Client(
            options.base_url,
            context,
            auth=Auth({"Authorization": f"Bearer {key}"}),
            headers={"Stripe-Version": options.api_version},
        )
        self.supplies = options.limited(_SUPPLIES)

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:  # noqa: ARG002  there is one fact
        """Each list newest first."""
        news = _since(part, 0)
        late = _since(part, _LABELS_CHANGE_FOR)
        stages: dict[str, Walk] = {
            "charges": self._list(_CHARGES, news, Listed[Charge], mapping.charged),
            "disputes": self._list(_DISPUTES, late, Listed[Dispute], mapping.disputed),
            "warnings": self._list(_WARNINGS, late, Listed[Warned], mapping.warned),
            "events": self._list(_EVENTS, {**news, "types[]": _EVENT_TYPES}, Listed[Event], mapping.happened),
        }
        return in_stages(stages, part.position)

    def check(self) -> list[str]:
        """Ten charges and one of the rest."""
        one = {"limit": 1}
        return failures(
            {
                "read access to Charges, in live mode": self._check_charges,
                "read access to Disputes": lambda: self._get(_DISPUTES, one, Listed[Dispute]),
                "read access to Radar": lambda: self._get(_WARNINGS, one, Listed[Warned]),
                "read access to Events": lambda: self._get(_EVENTS, one, Listed[Event]),
            }
        )

    def _check_charges(self) -> None:
        charges = self._get(_CHARGES, {"limit": 10}, Listed[Charge]).data
        if charges and not any(charge.livemode for charge in charges):
            raise ConfigError(f"{self._context.name}: the newest charges are all test charges: use a live mode key")

    def _list(self, path: str, params: Params, kind: type[Listed[T]], mapped: Callable[[list[T]], Page]) -> Walk:
        def fetch(last: str | None) -> Listed[T]:
            return self._get(path, {**params, "limit": 100, "starting_after": last}, kind)

        def following(page: Listed[T]) -> str | None:
            if page.has_more and not page.data:
                raise DataError(f"{self._context.name}: /v1/{path} says that there is more, behind an empty page")
            return page.data[-1].id if page.has_more else None

        def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
            for page, last in by_cursor(self._context, fetch, following, start=start):
                yield mapped(page.data), last

        return walk

    def _get(self, path: str, params: Params, kind: type[Listed[T]]) -> Listed[T]:
        return self._client.get(f"v1/{path}", params, decode=kind)


def _since(part: Slice, earlier: int) -> Params:
    """Whole seconds that enclose the slice, its start moved back by `earlier`."""
    start = None if part.start is None else max(0, part.start - earlier) // 1_000
    return {"created[gte]": start, "created[lt]": -(-part.end // 1_000)}
