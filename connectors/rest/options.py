"""What a `connector: rest` source may say in sources.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from connectors.api import Duration, HttpUrl, Length, Options, SecretStr, parse_duration
from okr_model.facts import FACTS, VALUES, fact_fields, required_fields, time_fields

Scalar = str | int | float | bool
Path = Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)*$")]

CURSOR = "{cursor}"


class Basic(Options):
    """`{username, password}`."""

    username: str
    password: SecretStr


class Named(Options):
    """A header or query parameter that carries the key."""

    name: str
    value: SecretStr


class ClientCredentials(Options):
    """OAuth 2 client credentials (RFC 6749 section 4.4), the client authenticated by HTTP Basic."""

    token_url: HttpUrl
    client_id: str
    client_secret: SecretStr
    scope: str | None = None


class AuthOptions(Options):
    """Exactly one kind."""

    bearer: SecretStr | None = None
    basic: Basic | None = None
    header: Named | None = None
    query: Named | None = None
    oauth2_client_credentials: ClientCredentials | None = None

    @model_validator(mode="after")
    def _one(self) -> AuthOptions:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"give exactly one of {', '.join(type(self).model_fields)}")
        return self


class NoPages(Options):
    """Everything in one answer."""

    kind: Literal["none"] = "none"


class NumberedPages(Options):
    """Pages by number, or by the rows before them; the end is an empty page."""

    kind: Literal["page", "offset"]
    param: str
    start: int | None = None
    size_param: str | None = None
    size: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _both(self) -> NumberedPages:
        if (self.size is None) != (self.size_param is None):
            raise ValueError("size and size_param go together")
        return self


class CursorPages(Options):
    """The answer names the next page by a token; the end is where it is missing, null or empty."""

    kind: Literal["cursor"]
    source: Path = Field(alias="from")
    param: str


class LinkPages(Options):
    """The answer names the next page by URL: at `from` in the body, else in its Link header."""

    kind: Literal["link"]
    source: Path | None = Field(default=None, alias="from")


PageOptions = Annotated[NoPages | NumberedPages | CursorPages | LinkPages, Field(discriminator="kind")]


def _as_mapping(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


class FieldOptions(Options):
    """Where one field of a fact comes from: a path, or a constant."""

    path: Path | None = None
    optional: bool = False
    unit: Literal["s", "ms", "us"] | None = None
    map: dict[Scalar, Scalar | None] | None = None
    const: Scalar | None = None

    @model_validator(mode="after")
    def _one(self) -> FieldOptions:
        if (self.path is None) == (self.const is None):
            raise ValueError("give either a path or a const")
        if self.const is not None and len(self.model_fields_set) > 1:
            raise ValueError("a const takes nothing beside it")
        return self


class CursorOptions(Options):
    """How changes are found: `field` is the path of the time that `{cursor}` and the order go by."""

    field: Path
    order: Literal["by_change", "newest_first", "none"] = "by_change"
    unit: Literal["s", "ms", "us"] | None = None
    lookback: Length = Field(default_factory=lambda: parse_duration("1h"))
    sweep: bool = True


class Stream(Options):
    """One list of records that become facts of one kind."""

    fact: str
    path: str
    params: dict[str, Scalar] = Field(default_factory=dict)
    records: Path | None = None
    errors: Path | None = None
    page: PageOptions = NoPages()
    fields: dict[str, Annotated[FieldOptions, BeforeValidator(_as_mapping)]]
    cursor: CursorOptions | None = None

    @field_validator("fact")
    @classmethod
    def _known(cls, fact: str) -> str:
        if fact not in FACTS:
            raise ValueError(f"{fact!r} is not a fact: use one of {', '.join(FACTS)}")
        return fact

    @field_validator("path")
    @classmethod
    def _relative(cls, path: str) -> str:
        if "://" in path or path.startswith("//"):
            raise ValueError("a path is appended to base_url: leave scheme and host out")
        return path

    @model_validator(mode="after")
    def _whole(self) -> Stream:
        problems = [*self._field_problems(), *self._cursor_problems(), *self._body_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _field_problems(self) -> list[str]:
        known = fact_fields(self.fact)
        found = [
            f"{name!r} is not a field of {self.fact}: use {', '.join(known)}"
            for name in self.fields
            if name not in known
        ]
        found += [f"the field {name!r} is needed" for name in required_fields(self.fact) if name not in self.fields]
        for name, field in self.fields.items():
            if field.unit and name not in time_fields(self.fact):
                found.append(f"{name!r} is not a time: it takes no unit")
            allowed = VALUES.get((self.fact, name))
            given = [field.const] if field.const is not None else list((field.map or {}).values())
            if allowed and any(value not in (*allowed, None) for value in given):
                found.append(f"{name!r} can only be one of {', '.join(allowed)}")
        return found

    def _cursor_problems(self) -> list[str]:
        used = any(isinstance(value, str) and CURSOR in value for value in self.params.values())
        if used and self.cursor is None:
            return [f"params use {CURSOR}, but there is no cursor: say which field it follows"]
        if not used and self.cursor is not None and self.cursor.order == "by_change":
            return [f"order by_change needs {CURSOR} in params: without it everything is read each time (order: none)"]
        return []

    def _body_problems(self) -> list[str]:
        in_body = self.errors or (self.page.source if isinstance(self.page, (CursorPages, LinkPages)) else None)
        if in_body and self.records is None:
            return ["records is needed beside errors, or a next page named in the body"]
        return []

    @property
    def reads_everything(self) -> bool:
        return self.cursor is None or self.cursor.order == "none"


class RestOptions(Options):
    """One entry in sources.yaml with `connector: rest`."""

    base_url: HttpUrl
    auth: AuthOptions | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    streams: tuple[Stream, ...]
    max_pages: int = Field(default=100_000, gt=0)
    wait_budget: Length = Field(default_factory=lambda: Duration(60, "s"))

    @model_validator(mode="after")
    def _agree(self) -> RestOptions:
        if not self.streams:
            raise ValueError("streams is empty: name at least one list of records")
        for fact in {stream.fact for stream in self.streams}:
            if len({stream.reads_everything for stream in self.streams if stream.fact == fact}) > 1:
                raise ValueError(f"the streams of {fact} must all read everything, or all read changes")
        return self
