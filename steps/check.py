"""What `okr check` has to say beside mistakes: from the plan, and from the ledger where there is one already."""

from __future__ import annotations

from config.loader import Config
from config.settings import Settings
from ledger import baselines, database
from okr_model.doubts import doubts, small_baselines


def all_doubts(settings: Settings, config: Config) -> list[str]:
    """One sentence each. Makes no ledger, and looks into none that is of another version."""
    found = doubts(config.plan)
    if not _readable(settings):
        return found
    pinned = baselines.baselines(database.connect(settings.database_url))
    return [*found, *small_baselines(config.plan, pinned)]


def _readable(settings: Settings) -> bool:
    engine = database.connect(settings.database_url)
    there = engine.dialect.name != "sqlite" or database.exists(engine)
    return there and database.url_problem(settings.database_url) is None and database.current(engine) == database.head()
