"""What one Ozone source is configured with."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from connectors.api import FactOptions, HttpUrl, SecretStr


class OzoneOptions(FactOptions):
    """`automation`: mod tools' names (automod) and services' DIDs whose events are machine assessments."""

    base_url: HttpUrl
    username: str = "admin"
    password: SecretStr
    facts: tuple[Literal["review", "member"], ...] | None = None
    automation: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _automation_is_known(self) -> Self:
        """Left out, every review would count as not assisted: a number made of not knowing."""
        if self.automation is None and (self.facts is None or "review" in self.facts):
            raise ValueError(
                "automation is missing: name the mod tools or service DIDs that assess content, as [automod], "
                "or [] if there are none"
            )
        return self

    @property
    def tools(self) -> list[str]:
        """The mod tools' names."""
        return [name for name in self.automation or () if not name.startswith("did:")]

    @property
    def services(self) -> list[str]:
        """The services' DIDs."""
        return [name for name in self.automation or () if name.startswith("did:")]
