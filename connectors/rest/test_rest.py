"""What a stream may say, and what becomes of its records."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, Slice, parse_ts
from connectors.rest.options import RestOptions
from connectors.testing.server import Seen, reply

DAY = "2026-10-01T00:00:00Z"
AT = 1_790_812_800_000


def body(*items: dict[str, Any], **more: Any) -> Any:
    return reply({"data": {"items": list(items)}, **more})


def test_fields_are_mapped_by_path_unit_map_and_const(bench: Any) -> None:
    fields = {
        "id": "ref.id",
        "created_at": {"path": "made", "unit": "s"},
        "resolved_at": {"path": "done", "unit": "ms"},
        "first_replied_at": {"path": "first", "unit": "us", "optional": True},
        "category": {"path": "kind", "map": {"abuse": "user_report", True: "user_report", 2: None}},
        "channel": {"const": "in_app"},
        "reporter": "via.who.id",
    }
    made = {"made": AT // 1_000, "done": AT + 5, "first": AT * 1_000 + 7, "extra": {"ignored": []}}
    source = bench(
        {
            "/items": body(
                {"ref": {"id": "a"}, "kind": "abuse", "via": {"who": {"id": 9}}, **made},
                {"ref": {"id": 2}, "kind": True, "via": {"who": None}, **made},
                {"ref": {"id": 3}, "kind": None, "via": None, **made, "done": None, "first": None},
                {"ref": {"id": 4}, "kind": 2, "via": None, "made": str(AT // 1_000), "done": None},
            )
        },
        fields=fields,
    )
    assert source.pull() == ["a", "2", "3", "4"]
    first, second, third, fourth = source.facts
    assert (first.created_at, first.resolved_at, first.first_replied_at) == (AT, AT + 5, AT)
    assert (first.category, first.channel, first.reporter) == ("user_report", "in_app", "9")
    assert (second.category, second.reporter) == ("user_report", None)
    assert (third.category, third.resolved_at, third.first_replied_at) == (None, None, None)
    assert (fourth.created_at, fourth.category) == (AT, None)


@pytest.mark.parametrize("kind", ["spam", 1, False])
def test_a_value_that_map_does_not_name_is_an_error(bench: Any, kind: Any) -> None:
    fields = {"id": "id", "created_at": "created", "category": {"path": "kind", "map": {"abuse": "x", True: "y"}}}
    source = bench({"/items": body({"id": 1, "created": DAY, "kind": kind})}, fields=fields)
    assert "`map`" in str(source.fails(DataError))


def test_a_closed_field_takes_its_own_words_only(bench: Any) -> None:
    review = {"id": "id", "reported_at": "at", "decided_by": "by"}
    source = bench({"/items": body({"id": 1, "at": DAY, "by": "private"})}, fact="review", fields=review)
    with pytest.raises(DataError, match="one of human, automation"):
        list(source.source.pull("review", Slice(start=None, end=AT)))


@pytest.mark.parametrize(
    ("unit", "written"), [(None, "2026-10-01T00:00:00.000Z"), ("s", "1790812800"), ("ms", "1790812800000")]
)
def test_the_cursor_is_the_slices_start_as_the_source_writes_times(bench: Any, unit: Any, written: Any) -> None:
    cursor = {"field": "updated", "unit": unit, "lookback": "3d"}
    source = bench({"/items": body()}, params={"since": "{cursor}", "all": True}, cursor=cursor)
    source.pull(start=AT)
    assert source.server.seen[0].query == {"since": written, "all": "true", "key": "hush"}
    supply = source.source.supplies["ticket"]
    assert (supply.lookback, supply.everything) == (3 * 86_400_000, False)


def test_the_cursor_takes_the_unit_of_the_field_it_follows(bench: Any) -> None:
    fields = {"id": "id", "created_at": {"path": "created", "unit": "s"}}
    source = bench({"/items": body()}, fields=fields, params={"q": "updated>{cursor}"}, cursor={"field": "created"})
    source.pull(start=AT)
    assert source.server.seen[0].query["q"] == "updated>1790812800"


def test_without_a_cursor_everything_is_read_each_time(bench: Any) -> None:
    assert bench({}).source.supplies["ticket"].everything
    unordered = bench({}, cursor={"field": "updated", "order": "none"})
    assert unordered.source.supplies["ticket"].everything


def test_newest_first_stops_behind_the_slices_start(bench: Any) -> None:
    def pages(seen: Seen) -> Any:
        number = int(seen.query["page"])
        return body({"id": number, "created": f"2026-10-{31 - number:02d}T00:00:00Z"})

    source = bench(
        {"/items": pages},
        page={"kind": "page", "param": "page", "size_param": "per", "size": 1},
        cursor={"field": "created", "order": "newest_first"},
    )
    assert source.pull(start=parse_ts("2026-10-28T00:00:00Z")) == ["1", "2", "3", "4"]
    assert source.server.seen[0].query == {"page": "1", "per": "1", "key": "hush"}
    assert source.positions == ["0:2", "0:3", "0:4", None]
    assert source.pull(start=parse_ts("2026-10-28T00:00:00Z"), position="0:3") == ["3", "4"]


def test_offsets_count_rows(bench: Any) -> None:
    rows = [{"id": number, "created": DAY} for number in range(5)]
    script = {"/items": lambda seen: body(*rows[int(seen.query["skip"]) :][:2])}
    source = bench(script, page={"kind": "offset", "param": "skip"})
    assert source.pull() == ["0", "1", "2", "3", "4"]
    assert source.positions == ["0:2", "0:4", "0:5"]


@pytest.mark.parametrize("in_header", [True, False])
def test_links_are_followed_and_positions_hold_no_credentials(bench: Any, in_header: Any) -> None:
    def pages(seen: Seen) -> Any:
        number = int(seen.query.get("p", 1))
        link = f"?p={number + 1}&key=hush" if number < 3 else None
        headers = {"Link": f'<{link}>; rel="next", </items?p=1>; rel="first"'} if in_header and link else {}
        items = {"data": {"items": [{"id": number, "created": DAY}]}}
        return reply(items if in_header else {**items, "next": link}, headers=headers)

    source = bench({"/items": pages}, page={"kind": "link"} | ({} if in_header else {"from": "next"}))
    assert source.pull() == ["1", "2", "3"]
    assert source.positions == ["0:/items?p=2", "0:/items?p=3", None]
    assert source.server.seen[2].query == {"p": "3", "key": "hush"}
    assert source.pull(position="0:/items?p=3") == ["3"]


def test_a_bare_list_is_a_body(bench: Any) -> None:
    listed = reply([{"id": 1, "created": DAY}])
    fields = {"id": "id", "created_at": "created"}
    source = bench({"/items": listed}, records=None, errors=None, page={"kind": "none"}, fields=fields)
    assert source.pull() == ["1"]


def test_streams_of_one_fact_are_read_in_turn(bench: Any) -> None:
    second = {"fact": "ticket", "path": "/more", "fields": {"id": "id", "created_at": "at"}}
    first = second | {"path": "/items"}
    script = {"/items": reply([{"id": 1, "at": DAY}]), "/more": reply([{"id": 2, "at": DAY}])}
    source = bench(script, source={"streams": [first, second]})
    assert source.pull() == ["1", "2"]
    assert source.positions == ["1:", None]
    assert source.pull(position="1:") == ["2"]


def test_after_a_change_of_the_options_a_slice_is_begun_anew(bench: Any) -> None:
    source = bench({"/items": body({"id": 1, "created": DAY})})
    pages = source.source.pull("ticket", Slice(start=None, end=AT, position="0ld:7:x"))
    assert [fact.id for page in pages for fact in page.facts] == ["1"]


AUTHS = [
    ({"bearer": "hush"}, {"Authorization": "Bearer hush"}),
    ({"basic": {"username": "u", "password": "p"}}, {"Authorization": "Basic dTpw"}),
    ({"header": {"name": "X-Api-Key", "value": "hush"}}, {"X-Api-Key": "hush"}),
]


@pytest.mark.parametrize(("auth", "headers"), AUTHS)
def test_credentials_are_sent(bench: Any, auth: Any, headers: Any) -> None:
    source = bench({"/items": body()}, auth=auth)
    source.pull()
    assert headers.items() <= source.server.seen[0].headers.items()


def test_a_password_in_netrc_does_not_replace_the_credentials(bench: Any, tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    source = bench({"/items": body()}, auth={"bearer": "hush"})
    source.pull()
    assert source.server.seen[0].headers["Authorization"] == "Bearer hush"


def test_a_token_is_fetched_and_renewed_once_when_refused(bench: Any) -> None:
    tokens = bench({"/token": [reply({"access_token": name, "expires_in": 3600}) for name in ("one", "two")]})

    def items(seen: Seen) -> Any:
        good = seen.headers["Authorization"] == "Bearer two"
        return body({"id": 1, "created": DAY}) if good else reply(status=401)

    auth = {"token_url": tokens.server.url + "/token", "client_id": "us", "client_secret": "hush"}
    source = bench({"/items": items}, auth={"oauth2_client_credentials": auth})
    assert source.pull() == ["1"]
    assert [seen.body for seen in tokens.server.seen] == [b"grant_type=client_credentials"] * 2
    assert source.server.seen[0].headers["Authorization"] == "Bearer one"


@pytest.mark.parametrize("expires_in", ["3600", "soon", None, -1])
def test_a_token_lasts_as_long_as_it_says_if_it_says_so_readably(bench: Any, expires_in: Any) -> None:
    tokens = bench({"/token": reply({"access_token": "one", "expires_in": expires_in})})
    auth = {"token_url": tokens.server.url + "/token", "client_id": "us", "client_secret": "hush"}
    source = bench({"/items": body({"id": 1, "created": DAY})}, auth={"oauth2_client_credentials": auth})
    assert source.pull() == ["1"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply({"error": "invalid_client", "error_description": "private"}, status=400), "client_secret"),
        (reply({"access_token": "a\r\nX-Evil: 1"}), "malformed"),
    ],
)
def test_a_token_that_is_not_given_or_cannot_be_sent_is_a_config_error(bench: Any, answer: Any, said: Any) -> None:
    tokens = bench({"/token": answer})
    auth = {"token_url": tokens.server.url + "/token", "client_id": "us", "client_secret": "hush"}
    source = bench({"/items": body({"id": 1, "created": DAY})}, auth={"oauth2_client_credentials": auth})
    assert said in str(source.fails(ConfigError))


def test_a_token_that_stays_refused_is_a_config_error(bench: Any) -> None:
    tokens = bench({"/token": reply({"access_token": "one"})})
    auth = {"token_url": tokens.server.url + "/token", "client_id": "us", "client_secret": "hush"}
    source = bench({"/items": reply(status=401)}, auth={"oauth2_client_credentials": auth})
    source.fails(ConfigError)
    assert len(source.server.seen) == 2


def test_check_reads_one_page_and_says_what_is_wrong(bench: Any) -> None:
    assert bench({"/items": body({"id": 1, "created": DAY}, next="more")}).source.check() == []
    [problem] = bench({"/items": reply(status=403)}).source.check()
    assert "permission" in problem


GOOD: dict[str, Any] = {"fact": "ticket", "path": "/x", "fields": {"id": "id", "created_at": "at"}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fact": "tickt"}, "is not a fact"),
        ({"fields": {"id": "id", "created_at": "at", "colour": "c"}}, "'colour' is not a field of ticket"),
        ({"fields": {"created_at": "at"}}, "the field 'id' is needed"),
        ({"fields": {"id": "id"}}, "the field 'created_at' is needed"),
        ({"fields": {"id": {"path": "id", "const": "x"}, "created_at": "at"}}, "either a path or a const"),
        ({"fields": {"id": {"path": "id", "unit": "s"}, "created_at": "at"}}, "it takes no unit"),
        ({"params": {"since": "{cursor}"}}, "there is no cursor"),
        ({"cursor": {"field": "at"}}, "needs {cursor} in params"),
        ({"page": {"kind": "cursor", "from": "next", "param": "c"}}, "records is needed"),
        ({"page": {"kind": "pages"}}, "kind"),
        ({"path": "https://evil.example/x"}, "appended to base_url"),
        ({"records": "a..b"}, "pattern"),
        ({"colour": 1}, "colour"),
    ],
)
def test_wrong_streams_are_refused_in_words(change: Any, said: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        RestOptions.model_validate({"base_url": "https://a.example", "streams": [GOOD | change]})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "url", ["a.example", "ftp://a.example", "https://u:p@a.example", "https://a.example?k=1", "https://"]
)
def test_a_base_url_is_a_host_and_perhaps_a_path(url: Any) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        RestOptions.model_validate({"base_url": url, "streams": [GOOD]})


@pytest.mark.parametrize("auth", [{}, {"bearer": "hush", "basic": {"username": "u", "password": "hush"}}])
def test_exactly_one_kind_of_credentials(auth: Any) -> None:
    with pytest.raises(ValidationError, match="exactly one of") as caught:
        RestOptions.model_validate({"base_url": "https://a.example", "auth": auth, "streams": [GOOD]})
    assert "hush" not in str(caught.value)


def test_paths_that_cannot_both_be_are_refused(bench: Any) -> None:
    with pytest.raises(ConfigError, match=r"runs through|goes on"):
        bench({}, fields={"id": "user", "created_at": "user.at"})
