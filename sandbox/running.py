"""The sandbox inside a test or a script: started in a thread, stopped at the end.

with Sandbox("2026-11-22T23:00:00Z", folder) as sandbox:
    requests.get(sandbox.url + "/stripe/v1/charges", headers={"Authorization": f"Bearer {API_KEY}"})
"""

from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

import msgspec

from sandbox.ozone import PASSWORD, USERNAME
from sandbox.rhythm import instant
from sandbox.server import GENEROUS, FailOrder, Server, Stage
from sandbox.stripe import API_KEY
from sandbox.world import SEED, build
from sandbox.zendesk import API_TOKEN, EMAIL

OZONE_USERNAME, OZONE_PASSWORD = USERNAME, PASSWORD
STRIPE_API_KEY = API_KEY
ZENDESK_EMAIL, ZENDESK_TOKEN = EMAIL, API_TOKEN

__all__ = ["OZONE_PASSWORD", "OZONE_USERNAME", "STRIPE_API_KEY", "ZENDESK_EMAIL", "ZENDESK_TOKEN", "Sandbox"]


class Sandbox:
    """The server at an instant (ISO, with zone); files are written to `folder` where one is given.

    `url` is there from the start; each vendor's base is url + "/ozone", "/stripe" or "/zendesk".
    """

    def __init__(
        self, now: str, folder: Path | None = None, *, seed: int = SEED, exports_per_minute: int = GENEROUS
    ) -> None:
        self._stage = Stage(build(seed), instant(now), folder, exports_per_minute)
        self._server = Server(self._stage, 0)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def set_clock(self, now: str) -> None:
        self._stage.set_clock(instant(now))

    def fail(self, source: str, status: int | None, after: int = 0, retry_after: int = 1) -> None:
        """From the request after the next `after` ones the source answers with `status`; None mends it."""
        self._stage.fail(FailOrder(source, status, after, retry_after))

    def served(self) -> dict[str, Any]:
        """{"total": n, "by_source": {source: n}}"""
        return self._stage.served()

    def truth(self, now: str | None = None) -> dict[str, Any]:
        """The raw records as known at an instant, by default the clock's."""
        raw = self._stage.truth(self._stage.now if now is None else instant(now))
        found: dict[str, Any] = msgspec.json.decode(raw)
        return found
