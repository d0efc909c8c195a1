"""Discourse's words in ours."""

from __future__ import annotations

from connectors.api import DataError, Instant, Page, Review, parse_ts
from connectors.discourse.wire import ReviewableView, ReviewPage, ScoreView


def flagged(page: ReviewPage, end: Instant) -> Page:
    """A review for each flag that was made before `end`."""
    scores = {score.id: score for score in page.reviewable_scores}
    reviews = []
    for item in page.reviewables:
        if missing := [one for one in item.reviewable_score_ids if one not in scores]:
            raise DataError(
                f"Discourse's reviewable {item.id} names the score {missing[0]}, which did not come with it "
                "- at `$.reviewable_scores`"
            )
        reviews += [_review(scores[one], item) for one in item.reviewable_score_ids]
    return Page(facts=[review for review in reviews if review.reported_at < end])


def _review(score: ScoreView, item: ReviewableView) -> Review:
    """The item stands for the post that was flagged; Discourse's own accounts have ids below zero."""
    decided = None if score.reviewed_at is None else parse_ts(score.reviewed_at)
    machine = score.reviewed_by_id is not None and score.reviewed_by_id < 0
    return Review(
        id=str(score.id),
        reported_at=parse_ts(score.created_at),
        decided_at=decided,
        decided_by=None if decided is None else "automation" if machine else "human",
        queue=item.type,
        subject=str(item.id),
    )
