"""Jira's words in ours."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.api import Page, Ticket, parse_ts, texts
from connectors.jira_service_management.options import JiraOptions
from connectors.jira_service_management.wire import Chosen, Fields, Issue, One


def found(issues: Iterable[Issue[Fields]], options: JiraOptions) -> Page:
    """Requests as tickets."""
    return Page(facts=[_ticket(issue, options) for issue in issues])


def _ticket(issue: Issue[Fields], options: JiraOptions) -> Ticket:
    fields = issue.fields

    def custom(name: str) -> list[str]:
        value = getattr(fields, name)
        return texts([_plain(one) for one in (value if isinstance(value, list) else [value])])

    marks = {"label": fields.labels, "issue_type": [fields.issuetype.name]}
    return Ticket(
        id=issue.id,
        created_at=parse_ts(fields.created),
        resolved_at=None if fields.resolutiondate is None else parse_ts(fields.resolutiondate),
        category=options.category(marks, custom),
        channel=options.channel(None, custom),
        reporter=None if fields.reporter is None else fields.reporter.accountId,
    )


def _plain(value: One) -> str | int | float | bool | None:
    if not isinstance(value, Chosen):
        return value
    return value.requestType.name if value.requestType is not None else value.value or value.name
