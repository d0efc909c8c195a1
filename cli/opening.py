"""What commands open before they work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from steps.wiring import Workspace


def workspace() -> Workspace:
    """The workspace that the settings name. Raises ConfigProblems."""
    from config.settings import settings
    from steps.wiring import open_workspace

    return open_workspace(settings())
