"""send-digests: freezes what has come due since the night, and drains the outbox. Woken every 15 minutes."""

from __future__ import annotations

from prefect import flow, get_run_logger

from flows.nightly import open_here
from steps.drain import drain
from steps.freeze import freeze_last


@flow(name="send-digests", persist_result=False, retries=0)
def send_digests() -> dict[str, int]:
    """Prefect never retries this: the outbox knows what was sent and what may be tried again."""
    workspace = open_here()
    freeze_last(workspace)
    counts = drain(workspace)
    get_run_logger().info("outbox: %s", counts or "nothing due")
    return counts


if __name__ == "__main__":
    send_digests()
