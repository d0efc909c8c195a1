"""Where each page of the scorecard lies, so that a digest's link and the page's file are the same place."""

from __future__ import annotations

import re
from hashlib import blake2b

INDEX = "index.html"
_PLAIN = re.compile(r"[a-z0-9_-]{1,80}")
_LONGEST = 60


def key_result_page(identifier: str) -> str:
    """`kr/review-time.html`, relative to the index."""
    return f"kr/{_file(identifier)}"


def objective_page(identifier: str) -> str:
    """`objective/moderation.html`, relative to the index."""
    return f"objective/{_file(identifier)}"


def page_link(scorecard_url: str, page: str) -> str:
    """A page under the address at which readers find the scorecard, given as its folder or as its index."""
    folder = scorecard_url.removesuffix(INDEX)
    return f"{folder}{'' if folder.endswith('/') else '/'}{page}"


def _file(identifier: str) -> str:
    """Different for every id, on file systems that do not tell `A` from `a` too; a plain id is kept as it is."""
    if _PLAIN.fullmatch(identifier):
        return f"{identifier}.html"
    legible = re.sub(r"[^a-z0-9_-]+", "-", identifier.lower()).strip("-")[:_LONGEST]
    mark = blake2b(identifier.encode(errors="surrogatepass"), digest_size=4).hexdigest()
    return f"{legible or 'id'}.{mark}.html"
