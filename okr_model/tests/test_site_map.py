"""Where pages lie: a place of its own for every id, on any file system."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from okr_model.site_map import key_result_page, objective_page, page_link


def test_a_plain_id_is_its_own_file() -> None:
    assert key_result_page("review-time") == "kr/review-time.html"
    assert objective_page("moderation") == "objective/moderation.html"


def test_ids_that_look_alike_have_pages_of_their_own() -> None:
    ids = ("a", "A", "x/y", "x-y", "x.y", "X-y", "../x", "é", "e", "", ".", "x" * 300, "x" * 301, "review time")
    pages = [key_result_page(each).lower() for each in ids]
    assert len(set(pages)) == len(ids)
    assert all(len(page) < 100 for page in pages)


@given(st.text(), st.text())
def test_no_id_leads_out_of_the_folder_or_to_another_ones_page(one: str, other: str) -> None:
    assert re.fullmatch(r"kr/[a-z0-9_-]+(\.[0-9a-f]{8})?\.html", key_result_page(one))
    assert (key_result_page(one).lower() == key_result_page(other).lower()) == (one == other)


def test_a_link_follows_the_address_as_it_is_written() -> None:
    page = key_result_page("review-time")
    told = "https://okr.example.org/q4/kr/review-time.html"
    for url in ("https://okr.example.org/q4", "https://okr.example.org/q4/", "https://okr.example.org/q4/index.html"):
        assert page_link(url, page) == told
