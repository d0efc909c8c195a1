"""A digest as a Slack message in Block Kit, for an incoming webhook.

Limits: 50 blocks, 150 characters in a header, 3,000 in a text (Slack's reference of blocks); and some 13,000 characters
of blocks in all, which that reference does not say (seen in Slack's own issue tracker: `msg_blocks_too_long`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, TypeAlias

from digests.formats.chat import Part, Run, fitting, one_line, parts
from digests.formats.html import safe_link
from okr_model.digest import Digest
from okr_model.digest_labels import OPEN_SCORECARD, left_out

ROOM = 12_000
"""Characters of JSON for all blocks together."""
MOST_BLOCKS = 50
_HEADER, _TEXT = 150, 3_000
_FRAME = 5  # header, context, lede, and at the end what was left out, link and footer

Json: TypeAlias = dict[str, Any]


def render(digest: Digest) -> bytes:
    """The webhook's body: `blocks`, and `text` for notifications and for clients that show no blocks."""
    start = [_header(digest.headline), _context(digest.eyebrow), *_lede(digest.lede)]
    link = safe_link(digest.scorecard_link)
    end = [*_link(link), *(_context(text) for text in digest.footer[:1])]
    room = ROOM - len(_dumped([*start, *end, _said(left_out(10_000, link))]))
    kept, left = fitting(parts(digest), lambda part: len(_dumped(_block(part))) + 1, room, MOST_BLOCKS - _FRAME)
    cut = [_said(left_out(left, link))] if left else []
    body = {
        "text": _escaped(one_line(f"{digest.headline} {digest.lede}", _TEXT)),
        "blocks": [*start, *map(_block, kept), *cut, *end],
        "unfurl_links": False,
        "unfurl_media": False,
    }
    return _dumped(body).encode()


def _header(text: str) -> Json:
    return {"type": "header", "text": _plain(one_line(text, _HEADER))}


def _context(text: str) -> Json:
    return {"type": "context", "elements": [_plain(one_line(text, _TEXT))]}


def _lede(text: str) -> list[Json]:
    return [{"type": "section", "text": _plain(one_line(text, _TEXT))}] if text.strip() else []


def _block(part: Part) -> Json:
    heading = [Run(one_line(part.heading, _TEXT), bold=True), *([Run(f"\n{part.summary}")] if part.summary else [])]
    lines = (line for item in part.items for line in item)
    return _rich([_text(run) for run in _joined([*heading, *(run for line in lines for run in (Run("\n"), *line))])])


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    """Neighbours that look alike as one: each element costs thirty characters of the room."""
    for bold, alike in groupby(runs, key=lambda run: run.bold):
        yield Run("".join(run.text for run in alike), bold)


def _said(text: str) -> Json:
    return _rich([_text(Run(text))])


def _link(link: str | None) -> list[Json]:
    shown = {"type": "link", "url": link, "text": OPEN_SCORECARD}
    return [] if link is None or len(link) > _TEXT else [_rich([shown])]


def _rich(elements: list[Json]) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _text(run: Run) -> Json:
    return {"type": "text", "text": run.text, **({"style": {"bold": True}} if run.bold else {})}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text or "–", "emoji": False}


def _escaped(text: str) -> str:
    """`text` is the one place that Slack parses: `<!channel>` would call everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
