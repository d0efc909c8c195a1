"""close-cycle: closes a cycle as soon as its final readings exist. Woken every day, it mostly finds nothing to do."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.states import Completed

from flows.nightly import open_here
from steps.cycle import close_when_final


@flow(name="close-cycle", persist_result=False, retries=0)
def close_cycle() -> Any:
    """Says what is waited for where it cannot be closed yet."""
    closing = close_when_final(open_here())
    if isinstance(closing, str):
        return Completed(message=closing)
    words = ", ".join(f"{each.key_result} {each.word}" for each in closing.closed.outcomes)
    return Completed(message=f"cycle {closing.closed.cycle} is closed: {words}")


if __name__ == "__main__":
    close_cycle()
