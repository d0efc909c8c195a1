"""What a `connector: table` source may say in sources.yaml."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.api import Options
from connectors.cells import ZoneName, column_problems


class TableOptions(Options):
    """One entry in sources.yaml with `connector: table`. `facts`: fact -> {field: column's heading}."""

    path: str | None = None
    url: SecretStr | None = None
    sheet: str | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    timezone: ZoneName | None = None
    facts: dict[str, dict[str, str]] = Field(min_length=1)

    @property
    def place(self) -> str:
        """What the table is called in errors: the address of a published sheet is what opens it."""
        return self.path or "the sheet"

    @field_validator("url")
    @classmethod
    def _safe(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _is_safe(url.get_secret_value()):
            raise ValueError("give an https URL: a published sheet travels in the open otherwise")
        return url

    @field_validator("facts")
    @classmethod
    def _known(cls, facts: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        problems = [problem for fact, columns in facts.items() for problem in column_problems(fact, list(columns))]
        if problems:
            raise ValueError("; ".join(problems))
        return facts

    @model_validator(mode="after")
    def _one(self) -> TableOptions:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path or url")
        return self


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        if parts.scheme == "https":
            return bool(parts.hostname)
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
