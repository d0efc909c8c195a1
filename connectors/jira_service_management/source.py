"""Reading Jira Service Management: the enhanced search for issues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from connectors.api import (
    Auth,
    Client,
    ConfigError,
    Context,
    DataError,
    Limits,
    NotAcceptedError,
    Page,
    Slice,
    Supply,
    by_cursor,
    failures,
    in_stages,
)
from connectors.jira_service_management import mapping
from connectors.jira_service_management.options import JiraOptions
from connectors.jira_service_management.wire import Field, Fields, IssuePage, Project, fields_with

_HOUR = 3_600_000
# The search is told of changes some time after they happen. Nothing tells of requests that were deleted or moved away.
_SUPPLIES = {"ticket": Supply(lookback=2 * _HOUR, vanishing=True)}
_SEARCH, _PROJECT, _FIELDS = "rest/api/3/search/jql", "rest/api/3/project", "rest/api/3/field"
_PER_PAGE = 100
_LIMITS = Limits(wait_budget=180.0)


class JiraSource:
    """The service projects of one Jira site."""

    def __init__(self, options: JiraOptions, context: Context) -> None:
        self._options, self._context = options, context
        auth = Auth.basic(options.email, options.api_token.get_secret_value())
        self._client = Client(options.address, context, auth=auth, limits=_LIMITS)
        fields = fields_with(options.custom_fields)
        self._names = list(fields.__struct_fields__)
        self._decoder: msgspec.json.Decoder[IssuePage[Fields]] = msgspec.json.Decoder(IssuePage[fields])  # type: ignore[valid-type]
        self.supplies = options.limited(_SUPPLIES)

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:  # noqa: ARG002  there is one fact
        """Requests that changed, in the order of their creation, which no change can alter."""
        return in_stages({"issues": lambda start: self._issues(part, start)}, part.position)

    def check(self) -> list[str]:
        """One request, each project, and whether the custom fields exist."""
        needs: dict[str, Callable[[], object]] = {
            f"a project {key} that the account may browse": partial(self._project, key)
            for key in self._options.projects
        }
        needs["an account that may search issues"] = lambda: self._search(self._jql(self._context.now), None, 1)
        if self._options.custom_fields:
            needs["the custom fields that are named"] = self._check_fields
        return failures(needs)

    def _issues(self, part: Slice, start: str | None) -> Iterator[tuple[Page, str | None]]:
        jql = self._jql(part.start)
        try:
            yield from self._walk(jql, start)
        except NotAcceptedError:
            if start is None:
                raise
            # Tokens end after some days: a pull that is resumed later begins anew.
            yield from self._walk(jql, None)

    def _walk(self, jql: str, start: str | None) -> Iterator[tuple[Page, str | None]]:
        silent = set(self._options.projects)
        for page, token in by_cursor(
            self._context, lambda token: self._search(jql, token, _PER_PAGE), self._after, start=start
        ):
            silent -= {issue.key.rpartition("-")[0] for issue in page.issues}
            yield mapping.found(page.issues, self._options), token
        # An account that may not see a project gets no error but no issues: that is no zero.
        for key in sorted(silent):
            self._project(key)

    def _search(self, jql: str, token: str | None, size: int) -> IssuePage[Fields]:
        """A POST that only reads. Without `fields` there would be ids alone."""
        body: dict[str, Any] = {"jql": jql, "fields": self._names, "maxResults": size}
        if token is not None:
            body["nextPageToken"] = token
        return self._client.post_query(_SEARCH, json=body, decode=self._decoder)

    def _jql(self, start: int | None) -> str:
        """An instant is written as a number: a date would be read in the time zone of the account's owner."""
        projects = ", ".join(f'"{key}"' for key in self._options.projects)
        changed = "" if start is None else f" AND updated >= {start}"
        return f"project in ({projects}){changed} ORDER BY created ASC, key ASC"

    def _after(self, page: IssuePage[Fields]) -> str | None:
        if page.isLast is False and not page.nextPageToken:
            raise DataError(f"{self._context.name}: more is said to come, but there is no nextPageToken to ask with")
        return None if page.isLast else page.nextPageToken

    def _project(self, key: str) -> Project:
        return self._client.get(f"{_PROJECT}/{key}", decode=Project)

    def _check_fields(self) -> None:
        there = {field.id for field in self._client.get(_FIELDS, decode=list[Field])}
        missing = [name for name in self._options.custom_fields if name not in there]
        if missing:
            raise ConfigError(f"{self._context.name}: there is no {' and no '.join(missing)}: look the ids up in Jira")
