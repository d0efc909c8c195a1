"""What one Marble source is configured with."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from connectors.api import FactOptions, HttpUrl, Length, SecretStr, parse_duration

Judged: TypeAlias = Literal["account", "transaction"]


class MarbleOptions(FactOptions):
    """`scenarios`: which one judges what. `max_age`: how old a decision may be when people still change its outcome."""

    base_url: HttpUrl = "https://api.checkmarble.com"
    api_key: SecretStr
    scenarios: Annotated[dict[Judged, Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    max_age: Length = Field(default_factory=lambda: parse_duration("90d"))
    facts: tuple[Judged, ...] | None = None

    @model_validator(mode="after")
    def _facts_have_scenarios(self) -> Self:
        for fact in self.facts or ():
            if fact not in self.scenarios:
                raise ValueError(f"facts names {fact}, but scenarios does not say which scenario judges it")
        return self
