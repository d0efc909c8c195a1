"""A secret is hidden by its value, wherever it turns up."""

from __future__ import annotations

import logging

import pytest

from config.hushed import hush, hushed, is_secret


def test_a_secret_is_hidden_in_texts_and_the_longer_one_first() -> None:
    assert hush("hide-this") == "hide-this"
    hush("hide-this-longer-one")
    assert hushed("a hide-this-longer-one b/hide-this/c") == "a [secret] b/[secret]/c"
    assert is_secret("hide-this")
    assert not is_secret("hide-this/c")


def test_what_is_too_short_to_keep_anything_out_garbles_no_text() -> None:
    hush("demo")
    assert hushed("https://demo.example.org") == "https://demo.example.org"


def test_no_log_shows_it(caplog: pytest.LogCaptureFixture) -> None:
    hush("hide-this")
    logger = logging.getLogger("some.library")
    with caplog.at_level(logging.DEBUG):
        logger.warning("GET %s took %d ms", "/x?key=hide-this", 7)
        logger.warning("nothing to hide in %s", "this")
    assert caplog.messages == ["GET /x?key=[secret] took 7 ms", "nothing to hide in this"]
