"""The only composition root: settings become an open workspace that every step is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy import Engine

from config.hushed import hush
from config.loader import Config, OptionModels, load, supplied_facts
from config.secrets import resolver
from config.settings import Settings, run_instant
from connectors.api import Context, Source, Usage
from connectors.registry import CONNECTORS
from digests.channels.api import Channel, ChannelError
from digests.channels.api import Context as ChannelContext
from digests.channels.registry import CHANNELS
from ledger import database
from ledger.fact_tables import prepare
from ledger.people import PersonHasher, version_of
from okr_model.facts import FACTS, Instant


@dataclass(frozen=True)
class Workspace:
    """Everything that a run works with. `now` is the run's one instant."""

    settings: Settings
    config: Config
    engine: Engine
    now: Instant

    @property
    def config_dir(self) -> Path:
        """Where relative paths in sources.yaml start."""
        return Path(self.settings.config_dir)

    def open_source(self, name: str, usage: Usage) -> Source:
        """The connector's source, counting what it spends into `usage`."""
        chosen = self.config.sources[name]
        context = Context(name=name, now=self.now, folder=self.config_dir, usage=usage)
        return CONNECTORS.find(chosen.connector).open(chosen.options, context)

    def open_channel(self, name: str, options: BaseModel) -> Channel:
        """The channel, ready to render and to send. Raises ChannelError with what to mend."""
        password = self.settings.smtp_password
        context = ChannelContext(
            now=self.now,
            sender=self.settings.mail_from,
            output_dir=Path(self.settings.output_dir),
            smtp_url=self.settings.smtp_url,
            smtp_password=None if password is None else password.get_secret_value(),
        )
        try:
            return CHANNELS.find(name).open(options, context)
        except ValueError as error:
            raise ChannelError(str(error)) from error

    def hasher(self) -> PersonHasher:
        """Keyed hashing of people, with OKR_PERSON_KEY."""
        key = self.settings.person_key
        assert key is not None  # `load_workspace` refuses to go on without it
        secret = key.get_secret_value().encode()
        return PersonHasher(secret, version_of(secret))

    def connector_of(self, name: str) -> str:
        """`zendesk 1`: connector and version, as provenance."""
        found = CONNECTORS.find(self.config.sources[name].connector)
        return f"{found.name} {found.version}"


OPTION_MODELS = OptionModels(connectors=CONNECTORS.option_models(), channels=CHANNELS.option_models())


Lookup = Callable[[str], str | None]
"""A secret by its name, None where it is not known."""


def no_more(_name: str) -> str | None:
    """Nowhere else to look for secrets."""
    return None


def load_config(settings: Settings, elsewhere: Lookup = no_more) -> Config:
    """The four files, checked; secrets from the settings' places, then `elsewhere`. Raises ConfigProblems."""
    configured = resolver(settings)

    def secret(name: str) -> str | None:
        found = configured(name)
        found = elsewhere(name) if found is None else found
        return None if found is None else hush(found)

    return load(Path(settings.config_dir), OPTION_MODELS, secret)


def open_ledger(settings: Settings) -> Engine:
    """The ledger, its lasting tables at the newest revision and its fact tables in the shape of this version."""
    engine = database.connect(settings.database_url)
    database.upgrade(engine)
    prepare(engine)
    return engine


def open_workspace(settings: Settings, elsewhere: Lookup = no_more) -> Workspace:
    """Configuration first, so that a mistake in it leaves no trace in the ledger. Raises ConfigProblems."""
    config = load_config(settings, elsewhere)
    return Workspace(settings=settings, config=config, engine=open_ledger(settings), now=run_instant(settings))


def supplied(workspace: Workspace) -> list[tuple[str, str]]:
    """(source, fact) for every fact that a source supplies, in the order of sources.yaml."""
    return [(name, fact) for name in workspace.config.sources for fact in _facts_of(workspace, name)]


def _facts_of(workspace: Workspace, name: str) -> Iterable[str]:
    """What a source supplies; where it cannot be opened, all that it may: nothing is measured without its part."""
    try:
        return workspace.open_source(name, Usage()).supplies
    except Exception:  # a plugin may raise anything; its pull tells what
        return supplied_facts(workspace.config.sources[name].options) or FACTS
