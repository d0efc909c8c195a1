"""A running sandbox, and a client for each of its vendors."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.running import OZONE_PASSWORD, OZONE_USERNAME, STRIPE_API_KEY, ZENDESK_EMAIL, ZENDESK_TOKEN, Sandbox


class Client:
    """GETs of one vendor, with its credentials; answers are decoded, errors raised."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.session = requests.Session()

    def ask(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(self._base + path, params=query, timeout=20)

    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        answer = self.ask(path, **(query or {}))
        answer.raise_for_status()
        return answer.json()


class Clients:
    def __init__(self, url: str) -> None:
        self.ozone = Client(url + "/ozone/xrpc/")
        self.ozone.session.auth = (OZONE_USERNAME, OZONE_PASSWORD)
        self.stripe = Client(url + "/stripe/v1/")
        self.stripe.session.headers["Authorization"] = f"Bearer {STRIPE_API_KEY}"
        self.zendesk = Client(url + "/zendesk/api/v2/")
        self.zendesk.session.auth = (f"{ZENDESK_EMAIL}/token", ZENDESK_TOKEN)

    def ozone_pages(self, method: str, key: str, **query: Any) -> list[list[Any]]:
        """Pages up to the last cursor or an empty page."""
        pages: list[list[Any]] = []
        while True:
            page = self.ozone.get(method, query)
            pages.append(page[key])
            if not page[key] or "cursor" not in page:
                return pages
            query["cursor"] = page["cursor"]

    def stripe_rows(self, path: str, **query: Any) -> list[Any]:
        rows: list[Any] = []
        while True:
            page = self.stripe.get(path, {"limit": 100, **query})
            rows += page["data"]
            if not page["has_more"]:
                return rows
            query["starting_after"] = rows[-1]["id"]

    def ticket_pages(self, **query: Any) -> list[Any]:
        """Whole answers, up to end_of_stream."""
        pages: list[Any] = []
        while not pages or not pages[-1]["end_of_stream"]:
            if pages:
                query = {"cursor": pages[-1]["after_cursor"]} | {k: v for k, v in query.items() if k == "include"}
            pages.append(self.zendesk.get("incremental/tickets/cursor.json", query))
        return pages


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """At the midnight in Berlin that ends 2026-11-22; nobody moves its clock."""
    with Sandbox("2026-11-22T23:00:00Z") as running:
        yield running


@pytest.fixture(scope="session")
def clients(sandbox: Sandbox) -> Clients:
    return Clients(sandbox.url)


@pytest.fixture
def own() -> Iterator[tuple[Sandbox, Clients]]:
    """A sandbox that the test may move in time and break."""
    with Sandbox("2026-11-22T23:00:00Z") as running:
        yield running, Clients(running.url)
