"""Discourse's words in ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from connectors.api import DataError, Instant, Page, Review, parse_ts
from connectors.discourse.wire import ReviewableView, ReviewPage, ScoreView


def flagged(page: ReviewPage, automation: Collection[str] | None, end: Instant) -> Page:
    """A review for each flag that was made before `end`. `automation`: names of machines' accounts, null: not known."""
    scores = {score.id: score for score in page.reviewable_scores}
    machines = {user.id for user in page.users if user.username in (automation or ())}
    reviews = []
    for item in page.reviewables:
        if missing := [one for one in item.reviewable_score_ids if one not in scores]:
            raise DataError(
                f"Discourse's reviewable {item.id} names the score {missing[0]}, which did not come with it "
                "- at `$.reviewable_scores`"
            )
        flags = [scores[one] for one in item.reviewable_score_ids]
        assessed = None if automation is None else _assessed(flags, machines)
        reviews += [_review(flag, item, machines, assessed) for flag in flags]
    return Page(facts=[review for review in reviews if review.reported_at < end])


def _assessed(flags: Iterable[ScoreView], machines: Collection[int]) -> list[Instant]:
    return [parse_ts(flag.created_at) for flag in flags if flag.user_id in machines]


def _review(flag: ScoreView, item: ReviewableView, machines: Collection[int], assessed: list[Instant] | None) -> Review:
    """The item stands for the post that was flagged; Discourse's own accounts have ids below zero."""
    decided = None if flag.reviewed_at is None else parse_ts(flag.reviewed_at)
    by = flag.reviewed_by_id
    machine = by is not None and (by < 0 or by in machines)
    return Review(
        id=str(flag.id),
        reported_at=parse_ts(flag.created_at),
        decided_at=decided,
        decided_by=None if decided is None else "automation" if machine else "human",
        assisted=None if assessed is None else any(decided is None or at <= decided for at in assessed),
        queue=item.type,
        subject=str(item.id),
    )
