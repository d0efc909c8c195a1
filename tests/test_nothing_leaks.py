"""Pulls that fail in every way write no secret, no words of a record and no query string anywhere."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from connectors.testing.server import Answering, Seen, reply, serve
from tests.place import Place

SECRETS = {
    "BEARER": "bearer-must-hide",
    "PASSWORD": "password-must-hide",
    "KEY": "key-must-hide",
}
TOKEN = "fetched-token-must-hide"
WORDS = "a-user-wrote-this"
PERSON = "person-7-of-the-vendor"
DAY = "2026-11-20T00:00:00Z"
FIELDS = {
    "id": "id",
    "created_at": "made",
    "reporter": "by",
    "category": {"path": "kind", "map": {"report": "user_report"}},
}


def item(**changes: Any) -> dict[str, Any]:
    return {"id": 1, "made": DAY, "by": PERSON, "kind": "report", "text": WORDS} | changes


def page(*items: Any, **more: Any) -> Any:
    return reply({"items": list(items), **more})


def good_then(spoilt: Answering) -> Answering:
    """The first page is sound: what it brings is stored, and so is the position behind it."""

    def answer(seen: Seen) -> Any:
        if "after" not in seen.query:
            return page(item(), next="2")
        return spoilt if not callable(spoilt) else spoilt(seen)

    return answer


def following(seen: Seen) -> Any:
    """As some do: the token that came in a header stands in the next link."""
    if "p" in seen.query:
        return reply({"why": WORDS}, status=403)
    return page(item(), next=f"/linked?p=2&access_token={SECRETS['BEARER']}")


FAULTS: dict[str, Answering] = {
    "/401": reply({"why": WORDS}, status=401),
    "/400": reply({"why": WORDS}, status=400),
    "/500": reply({"why": WORDS}, status=500),
    "/login": reply(f"<html>{WORDS}</html>".encode()),
    "/broken": reply(b'{"items": [{"id": "' + WORDS.encode()),
    "/errors": page(errors=[WORDS]),
    "/no-list": reply({"items": {"words": WORDS}}),
    "/type": page(item(made=[WORDS])),
    "/time": page(item(made=WORDS)),
    "/map": page(item(kind=WORDS)),
    "/id": page(item(id={"words": WORDS})),
    "/redirect": reply(status=302, headers={"Location": f"http://localhost:1/?words={WORDS}"}),
    "/elsewhere": page(item(), next=f"http://localhost:1/?words={WORDS}"),
    "/cut": reply({"items": [WORDS]}, declared=900),
    "/bytes": reply(b'{"items": [{"id": "\xe9' + WORDS.encode() + b'"}]}'),
}
AUTHS: list[Any] = [
    {"bearer": {"secret": "BEARER"}},
    {"basic": {"username": "us", "password": {"secret": "PASSWORD"}}},
    {"header": {"name": "X-Key", "value": {"secret": "KEY"}}},
    {"query": {"name": "key", "value": {"secret": "KEY"}}},
]


def source(base: str, path: str, auth: Any, **page: Any) -> dict[str, Any]:
    stream = {
        "fact": "ticket",
        "path": path,
        "records": "items",
        "errors": "errors",
        "page": page or {"kind": "cursor", "from": "next", "param": "after"},
        "fields": FIELDS,
    }
    return {
        "connector": "rest",
        "base_url": base,
        "auth": auth,
        "wait_budget": "1s" if path == "/500" else "0s",
        "streams": [stream],
    }


def sources(url: str) -> dict[str, Any]:
    link = {"kind": "link", "from": "next"}
    made = {}
    for number, path in enumerate(FAULTS):
        made[f"s{number}"] = source(url, path, AUTHS[number % len(AUTHS)], **(link if path == "/elsewhere" else {}))
    grant = {"token_url": f"{url}/token", "client_id": "us", "client_secret": {"secret": "KEY"}}
    made["oauth"] = source(url, "/400", {"oauth2_client_credentials": grant})
    made["linked"] = source(url, "/linked", AUTHS[0], **link)
    made["in-path"] = source(f"{url}/{SECRETS['KEY']}", "/missing", AUTHS[2])
    return made


@pytest.fixture
def failed(place: Place) -> Any:
    """A place after a night in which nearly all failed, and everything that was printed."""
    script = {path: good_then(fault) if number % 2 else fault for number, (path, fault) in enumerate(FAULTS.items())}
    token = reply({"access_token": TOKEN})
    with serve({**script, "/linked": following, "/token": token}) as server:
        lines = [f"  {name}: {json.dumps(each)}\n" for name, each in sources(server.url).items()]
        with (place.folder / "okr" / "sources.yaml").open("a") as file:
            file.writelines(["\n", *lines])
        runs = [place.okr("sync", "--json", **SECRETS), place.okr("sources", "test", "s3", **SECRETS)]
    words = (("digest", "send"), ("explain", "resolved-48h"), ("sources", "list"))
    runs += [place.okr(*each, **SECRETS) for each in words]
    return place, runs


def written(place: Place) -> dict[Path, bytes]:
    files = [path for path in place.folder.rglob("*") if path.is_file() and path.parent != place.folder / "okr"]
    return {path.relative_to(place.folder): path.read_bytes() for path in files}


def test_nothing_that_a_failing_pull_writes_holds_a_secret_or_words_of_a_record(failed: Any) -> None:
    place, runs = failed
    assert runs[0].returncode == 1, runs[0].stderr
    report = json.loads(runs[0].stdout)
    states = {name: report["sources"][name]["state"] for name in sources("")}

    assert set(states.values()) == {"failed"}, states
    assert all(report["sources"][name]["error"]["message"] for name in states)
    printed = "\n".join(run.stdout + run.stderr for run in runs)
    files = written(place)
    assert {"okr.db"} < {str(path) for path in files}
    assert any(path.suffix == ".eml" for path in files)
    assert any(path.suffix == ".html" for path in files)

    basic = b64encode(f"us:{SECRETS['PASSWORD']}".encode()).decode()
    for hidden in (*SECRETS.values(), TOKEN, basic, WORDS, PERSON):
        assert hidden not in printed, f"{hidden} is printed"
        holders = [path for path, content in files.items() if hidden.encode() in content]
        assert holders == [], f"{hidden} is written"
    for query in ("?after=", "?key=", "&after=", "access_token="):
        assert query not in printed, "a query string is printed"
