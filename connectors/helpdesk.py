"""What connectors of helpdesks share: their address, which tickets are user reports, which came in through the app."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Annotated, ClassVar, Self, TypeAlias

import msgspec
from pydantic import Field, model_validator

from connectors.api import DataError, FactOptions, HttpUrl, Options

USER_REPORT, IN_APP = "user_report", "in_app"

Plain: TypeAlias = str | int | float | bool | None
HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
"""One label of a host: nothing that could lead elsewhere."""

Custom: TypeAlias = Callable[[str], Collection[str]]
"""The values of a ticket's custom field of that name, as text."""


class HostedOptions(Options):
    """Options of a vendor whose customers' addresses differ by one name; `base_url` stands in for the whole of it.

    Subclasses name the option (`domain`) and the address (`https://{}.example.com`).
    """

    named_by: ClassVar[str]
    hosted_at: ClassVar[str]

    base_url: HttpUrl | None = None

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if self.base_url is None and getattr(self, self.named_by) is None:
            shown = self.hosted_at.format(self.named_by.upper())
            raise ValueError(f"{self.named_by} is missing: give the {self.named_by.upper()} of {shown}, or base_url")
        return self

    @property
    def address(self) -> str:
        """Where the API stands."""
        return self.base_url or self.hosted_at.format(getattr(self, self.named_by))


class UserReport(Options):
    """The marks of a ticket that reports another user; it must bear all that are given.

    `field` and `value` are a custom field's. Subclasses add marks of their vendor (a tag, a queue).
    """

    field: str | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> UserReport:
        if not self.model_fields_set:
            marks = [name for name in type(self).model_fields if name not in ("field", "value")]
            raise ValueError(f"it marks nothing: give {' or '.join(marks)}, or field and value")
        if (self.field is None) != (self.value is None):
            raise ValueError("field and value go together")
        return self

    @cached_property
    def marks(self) -> tuple[tuple[str, str], ...]:
        """Names and values of all marks but the custom field."""
        return tuple(self.model_dump(exclude={"field", "value"}, exclude_none=True).items())


class HelpdeskOptions(FactOptions):
    """`in_app`: the channels that are the app's own. `channel_field`: a custom field to take the channel from."""

    user_report: UserReport | None = None
    in_app: tuple[str, ...] = ()
    channel_field: str | None = Field(default=None, min_length=1)

    @property
    def custom_fields(self) -> list[str]:
        """The custom fields that are read."""
        reported = None if self.user_report is None else self.user_report.field
        return [name for name in dict.fromkeys((reported, self.channel_field)) if name is not None]

    def category(self, marks: Mapping[str, Collection[str]], custom: Custom) -> str | None:
        """`user_report` for a ticket that bears all marks; else, and where none are configured, None."""
        report = self.user_report
        if report is None or any(value not in marks[name] for name, value in report.marks):
            return None
        return None if report.field is not None and report.value not in custom(report.field) else USER_REPORT

    def channel(self, theirs: str | None, custom: Custom) -> str | None:
        """`in_app` for one of the app's own channels; else as the source calls it."""
        if self.channel_field is not None:
            theirs = next(iter(custom(self.channel_field)), None)
        return IN_APP if theirs in self.in_app else theirs


def texts(value: Plain | list[Plain]) -> list[str]:
    """A custom field's value or values as text; nothing for null."""
    many = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in many if one is not None]


def custom_of(fields: Mapping[str, msgspec.Raw]) -> Custom:
    """Custom fields that came as an object, of which only those asked for are decoded. Raises DataError."""

    def values(name: str) -> list[str]:
        raw = fields.get(name)
        if raw is None:
            return []
        try:
            return texts(_VALUES.decode(raw))
        except msgspec.ValidationError:
            raise DataError(f"custom field {name} holds neither text nor a number, nor a list of them") from None

    return values


_VALUES: msgspec.json.Decoder[Plain | list[Plain]] = msgspec.json.Decoder(Plain | list[Plain])
