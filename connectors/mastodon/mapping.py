"""Mastodon's words in ours."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.api import Instant, Page, Review, parse_ts
from connectors.mastodon.options import MastodonOptions
from connectors.mastodon.wire import ReportView


def reported(reports: Iterable[ReportView], options: MastodonOptions, end: Instant) -> Page:
    """Reviews of reports that were made before `end`."""
    kept = [report for report in reports if report.account.domain is None or options.remote == "keep"]
    reviews = [_review(report) for report in kept]
    return Page(facts=[review for review in reviews if review.reported_at < end])


def _review(report: ReportView) -> Review:
    """Machine assessments are not told, so `assisted` stays unknown."""
    decided = None if report.action_taken_at is None else parse_ts(report.action_taken_at)
    return Review(
        id=report.id,
        reported_at=parse_ts(report.created_at),
        decided_at=decided,
        decided_by=None if decided is None else "human",
        queue=report.category if report.account.domain is None else f"remote_{report.category}",
        subject=report.target_account.id,
    )
