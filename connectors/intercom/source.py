"""Reading Intercom: one search for conversations by their last change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.api import (
    Auth,
    Client,
    Context,
    DataError,
    Page,
    Slice,
    Supply,
    Walk,
    cursor_walk,
    failures,
    in_stages,
)
from connectors.intercom import mapping
from connectors.intercom.options import IntercomOptions
from connectors.intercom.wire import ConversationPage

_HOUR, _DAY = 3_600_000, 86_400_000
# The search learns of changes late, and statistics are filled in after them. Nothing tells of deleted conversations.
_SUPPLIES = {fact: Supply(lookback=2 * _HOUR, vanishing=True) for fact in ("ticket", "feedback")}
_SEARCH = "conversations/search"
_VERSION = "2.15"
_PER_PAGE = 150


class IntercomSource:
    """One Intercom workspace."""

    def __init__(self, options: IntercomOptions, context: Context) -> None:
        self._options, self._context = options, context
        self._client = Client(
            options.address,
            context,
            auth=Auth({"Authorization": f"Bearer {options.access_token.get_secret_value()}"}),
            headers={"Intercom-Version": _VERSION},
        )
        self.supplies = options.limited(_SUPPLIES)

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:
        """Conversations in whatever order they come: each page stands for itself, and the slice for all of them."""
        return in_stages({"conversations": self._conversations(fact, part)}, part.position)

    def check(self) -> list[str]:
        """One conversation."""
        query = _changed(self._context.now - _DAY, self._context.now)
        return failures({"an access token that may read conversations": lambda: self._search(query, None, per_page=1)})

    def _conversations(self, fact: str, part: Slice) -> Walk:
        # Of a sweep nothing may slip out: what changes while it runs would leave the span that it asks for.
        query = _changed(part.start, None if part.everything else part.end)

        def mapped(page: ConversationPage) -> Page:
            if fact == "feedback":
                return mapping.rated(page.conversations)
            return mapping.begun(page.conversations, self._options)

        return cursor_walk(
            self._context, lambda cursor: self._search(query, cursor, per_page=_PER_PAGE), self._after, mapped
        )

    def _search(self, query: dict[str, Any], cursor: str | None, *, per_page: int) -> ConversationPage:
        """A POST that only reads. It asks for no order: the search's own schema knows of none."""
        body = {"query": query, "pagination": {"per_page": per_page, "starting_after": cursor}}
        return self._client.post_query(_SEARCH, json=body, decode=ConversationPage)

    def _after(self, page: ConversationPage) -> str | None:
        pages = page.pages
        token = None if pages.next is None else pages.next.starting_after
        if not token and pages.page is not None and pages.total_pages is not None and pages.page < pages.total_pages:
            raise DataError(
                f"{self._context.name}: page {pages.page} of {pages.total_pages} does not name the next one"
            )
        return token


def _changed(start: int | None, end: int | None) -> dict[str, Any]:
    """Whole seconds that enclose [start, end), `end` null: without one: dates know `=`, `<` and `>` alone."""
    bounds = {">": 0 if start is None else max(0, start // 1_000 - 1)}
    if end is not None:
        bounds["<"] = -(-end // 1_000) + 1
    return {
        "operator": "AND",
        "value": [{"field": "updated_at", "operator": sign, "value": str(at)} for sign, at in bounds.items()],
    }
