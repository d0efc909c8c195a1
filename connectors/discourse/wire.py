"""Discourse's review queue (GET /review.json), cut down to the fields that are used.

Scores (one for each flag) stand beside the reviewables that they belong to, which name them by id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class ReviewableView(msgspec.Struct, frozen=True, gc=False):
    """There is no time of resolution in it."""

    id: int
    type: str
    created_at: Moment
    reviewable_score_ids: list[int]


class ScoreView(msgspec.Struct, frozen=True, gc=False):
    """`reviewed_at` is null while the flag is open. `user_id` flagged it."""

    id: int
    created_at: Moment
    reviewed_at: Moment | None
    user_id: int | None = None
    reviewed_by_id: int | None = None


class UserView(msgspec.Struct, frozen=True, gc=False):
    """Discourse's own accounts have ids below zero."""

    id: int
    username: str


class Meta(msgspec.Struct, frozen=True):
    total_rows_reviewables: int


class ReviewPage(msgspec.Struct, frozen=True):
    """`reviewable_scores` and `users` are not there at all on an empty page."""

    reviewables: list[ReviewableView]
    meta: Meta
    reviewable_scores: list[ScoreView] = []
    users: list[UserView] = []
