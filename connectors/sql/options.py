"""What a `connector: sql` source may say in sources.yaml, and which statements it may run."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from connectors.api import Length, Options, parse_duration
from connectors.cells import ZoneName, column_problems

PARAMETERS = ("since", "start", "end")

_NOT_CODE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_WRITES = re.compile(r"\b(insert|update|delete|merge|truncate|drop|alter|create|grant|into)\b", re.IGNORECASE)
_NAMED = re.compile(r"(?<![:\w\\]):([A-Za-z_]\w*)(?!:)")


def statement_problem(query: str) -> str | None:
    """Why a query may not run: only one statement that reads, with known parameters. None: it may."""
    code = _code(query).rstrip("; \n\t")
    if not re.match(r"(select|with)\b", code, re.IGNORECASE):
        return "the query must be a select (or with … select)"
    if ";" in code:
        return "the query must be one statement: take out what follows the semicolon"
    if written := _WRITES.search(code):
        return f"the query must only read: it says {written[1]}"
    strange = sorted({name for name in _NAMED.findall(code) if name not in PARAMETERS})
    return f"the query names :{strange[0]}: use :since, :start and :end" if strange else None


def uses_since(query: str) -> bool:
    """Whether the query reads changes only."""
    return "since" in _NAMED.findall(_code(query))


def without_parameters_in_quotes(query: str) -> str:
    """The query with the colons inside quotes and comments escaped, as SQLAlchemy's text() would bind them too."""
    return _NOT_CODE.sub(lambda found: found[0].replace(":", r"\:"), query.strip().rstrip(";"))


def _code(query: str) -> str:
    return _NOT_CODE.sub(lambda found: " " if found[0].startswith(("--", "/*")) else "''", query).strip()


class SqlOptions(Options):
    """One entry in sources.yaml with `connector: sql`. `facts`: fact -> the query whose columns are its fields."""

    queryable: ClassVar[bool] = True

    url: SecretStr
    facts: dict[str, str] = Field(default_factory=dict)
    timezone: ZoneName | None = None
    timeout: Length = Field(default_factory=lambda: parse_duration("5m"))
    lookback: Length = Field(default_factory=lambda: parse_duration("1h"))

    @field_validator("facts")
    @classmethod
    def _sound(cls, facts: dict[str, str]) -> dict[str, str]:
        problems = []
        for fact, query in facts.items():
            unknown = [one for one in column_problems(fact, []) if "is not a fact" in one]
            wrong = statement_problem(query)
            problems += unknown + ([f"{fact}: {wrong}"] if wrong else [])
        if problems:
            raise ValueError("; ".join(problems))
        return facts
