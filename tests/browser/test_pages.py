"""Every page of the scorecard, and the digest, in a real browser: widths, light and dark, paper, keyboard, axe-core.

The scorecard is that of the template, and one whose configuration and people do their worst.

Screenshots are kept in tests/browser/pictures. Without Chromium or Node the tests are skipped, unless
OKR_REQUIRE_BROWSER=1.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.browser import hostile
from tests.place import Place

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
WIDTHS = [360, 390, 768, 1280]
PICTURED = ["light 390", "light 1280", "dark 390"]
BAD = ("serious", "critical")


def missing() -> str | None:
    """What keeps the browser from being used here."""
    if shutil.which("chromium") is None or shutil.which("node") is None:
        return "no chromium or no node on PATH"
    return None if (HERE / "node_modules").is_dir() else "no node_modules"


def mail_as_page(place: Place, folder: Path) -> None:
    """The newest digest's HTML as a file, its pictures inside."""
    [path] = [each for each in place.mails() if "_leadership_" in each.name]
    mail = message_from_bytes(path.read_bytes(), policy=default)
    body: Any = mail.get_body(("html",))
    html = body.get_content()
    for part in mail.walk():
        if part["Content-ID"]:
            picture: Any = part.get_payload(decode=True)
            inside = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
            html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", inside)
    (folder / "mail.html").write_text(html, encoding="utf-8")


def hostile_site(place: Path, folder: Path) -> None:
    """The site of a place that does its worst."""
    hostile.write(place)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OKR_")}
    for words in (*hostile.SAID, ("sync",)):
        command = [sys.executable, "-m", "cli", *words]
        subprocess.run(command, env=clean | hostile.environment(place), cwd=place, check=True, capture_output=True)
    shutil.copytree(place / "out" / "scorecard", folder)


@pytest.fixture(scope="module")
def root(synced: tuple[Place, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site that `okr sync` wrote, and beside it the mail that it froze."""
    if why := missing():
        told = f"{why}: tests/browser/install brings both"
        (pytest.fail if os.environ.get("OKR_REQUIRE_BROWSER") == "1" else pytest.skip)(told)
    place, _ = synced
    folder = tmp_path_factory.mktemp("browser")
    shutil.copytree(place.folder / "out" / "scorecard", folder / "scorecard")
    other = Place(tmp_path_factory.mktemp("mail") / "place", place.sandbox)
    shutil.copytree(place.folder, other.folder)
    assert other.okr("digest", "send").returncode == 0
    mail_as_page(other, folder)
    hostile_site(tmp_path_factory.mktemp("hostile") / "place", folder / "hostile")
    return folder


@pytest.fixture(scope="module")
def seen(root: Path) -> dict[str, Any]:
    """File -> what the browser saw."""
    pages = sorted(str(path.relative_to(root)) for path in root.rglob("*.html"))
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    asked = {"chromium": shutil.which("chromium"), "root": str(root), "pages": pages}
    words = ["node", str(HERE / "look.mjs")]
    done = subprocess.run(
        words,
        input=json.dumps({**asked, "widths": WIDTHS, "pictured": PICTURED, "pictures": str(PICTURES)}),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert len(found) == (1 + 3 + 9) + (1 + 2 + 8) + 1  # overview, objectives and key results, twice; mail
    return found


def test_no_serious_finding_of_axe_in_light_or_dark(seen: dict[str, Any]) -> None:
    found = [(file, each) for file, page in seen.items() for each in page["findings"] if each["impact"] in BAD]
    assert found == []


def test_no_page_is_wider_than_a_phone(seen: dict[str, Any]) -> None:
    assert {file: page["wide"] for file, page in seen.items() if page["wide"]} == {}


def test_no_word_of_a_chart_stands_on_another(seen: dict[str, Any]) -> None:
    assert {file: page["overlaps"] for file, page in seen.items() if page["overlaps"]} == {}


def test_nothing_that_was_slipped_in_is_run(seen: dict[str, Any]) -> None:
    assert {file: page["alerts"] for file, page in seen.items() if page["alerts"]} == {}


def test_nothing_is_fetched_from_elsewhere(seen: dict[str, Any], root: Path) -> None:
    for page in seen.values():
        asked = [url for url in page["requests"] if not url.startswith(("data:", root.as_uri()))]
        assert asked == []


def test_every_link_is_reached_by_the_keyboard_and_shows_it(seen: dict[str, Any]) -> None:
    for file, page in seen.items():
        if file != "mail.html":  # a mail's focus is its client's
            assert (file, page["tabs"], page["unseen"]) == (file, page["links"], [])
    assert all(page["links"] > 0 for page in seen.values())


def test_no_page_has_a_script(root: Path) -> None:
    for path in root.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert re.search(r"<script|<[^>]*\son\w+=", text, re.IGNORECASE) is None, path.name


def test_the_screenshots_are_kept(seen: dict[str, Any]) -> None:
    assert len(list(PICTURES.glob("*.png"))) == len(seen) * (len(PICTURED) + 1)  # and on paper
