"""Mastodon's reports (GET /api/v1/admin/reports), cut down to the fields that are used."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class AccountView(msgspec.Struct, frozen=True, gc=False):
    """`domain` is null for an account of this server."""

    id: str
    domain: str | None


class ReportView(msgspec.Struct, frozen=True, gc=False):
    """`action_taken_at` is null again once a report is re-opened. `account` reported, `target_account` is reported."""

    id: str
    action_taken: bool
    action_taken_at: Moment | None
    category: str
    created_at: Moment
    account: AccountView
    target_account: AccountView
