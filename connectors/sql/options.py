"""What a `connector: sql` source may say in sources.yaml."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from connectors.api import Length, Options, parse_duration
from connectors.cells import ZoneName, column_problems
from connectors.queries import statement_problem


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
