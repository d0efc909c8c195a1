"""Secrets that live in Prefect: a Secret block named like the secret, in lower case with dashes."""

from __future__ import annotations

from prefect.blocks.system import Secret


def from_block(name: str) -> str | None:
    """The block's value, or None where there is no such block (or no server to ask)."""
    try:
        block = Secret.load(name.lower().replace("_", "-"))
    except ValueError:  # what Prefect raises for a block that is not there
        return None
    value = block.get()  # type: ignore[union-attr]
    return value if isinstance(value, str) else None
