"""A composed mail, read back by the standard library's parsers."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import msgspec
import pytest

from digests.conftest import golden
from digests.formats import html, table_csv, text
from digests.mail import address, compose, stable_id
from okr_model.digest import Digest, Figures, Line, Row, Section, Spark, Table
from okr_model.digest_alert import alert
from okr_model.digest_builder import build
from okr_model.exchange import CheckIn, SourceOutcome
from okr_model.legible import legible
from okr_model.plan import Audience
from okr_model.scorecard import KeyResultCard, ObjectiveCard, Scorecard

DATE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
KEY = ("digest", "2026-11-23T08:00", "leadership", "email", "vp@example.org")
HOSTILE = '=cmd|"/c calc"!A1<script>alert(1)</script>\r\nBcc: all@example.org'


def mail(digest: Digest) -> bytes:
    return compose(digest, "vp@example.org", "OKRs <okr@example.org>", stable_id(KEY, "okr@example.org"), DATE)


def parsed(digest: Digest) -> EmailMessage:
    message = message_from_bytes(mail(digest), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def page(digest: Digest) -> str:
    body = parsed(digest).get_body(("html",))
    assert body is not None
    return str(body.get_content())


class Tags(HTMLParser):
    """Every start tag with its attributes, and whether the nesting is right."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


def test_golden_text(digest: Digest) -> None:
    golden("mail.txt", f"Subject: {digest.subject}\n\n{text.render(digest)}")


def test_golden_html(digest: Digest) -> None:
    images = {row.key_result: f"{row.key_result}.png" for row in rows(digest)}
    golden("mail.html", html.render(digest, images, "okr@example.org"))


def rows(digest: Digest) -> tuple[Row, ...]:
    return tuple(row for block in digest.blocks if isinstance(block, Table) for row in block.rows)


def test_the_same_digest_gives_the_same_bytes(digest: Digest) -> None:
    assert mail(digest) == mail(digest)


def test_all_who_get_a_digest_get_the_same_parts_under_headers_of_their_own(digest: Digest) -> None:
    def to(recipient: str, told: Digest) -> EmailMessage:
        sent = compose(told, recipient, "okr@example.org", stable_id((recipient,), "okr@example.org"), DATE)
        message = message_from_bytes(sent, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def parts(message: EmailMessage) -> list[object]:
        return [part.get_content() for part in message.walk() if not part.is_multipart()]

    other = msgspec.structs.replace(digest, lede="Told to others.")
    ana, bo, cy = to("ana@example.org", digest), to("bo@example.org", digest), to("cy@example.org", other)
    assert parts(ana) == parts(bo)
    assert [part for part in parts(ana) if part in parts(cy)] == parts(ana)[2:]  # its charts and its table
    assert [each["To"] for each in (ana, bo)] == ["ana@example.org", "bo@example.org"]
    assert ana["Message-ID"] != bo["Message-ID"]
    assert ana.get_boundary() != bo.get_boundary()


def test_the_tree(digest: Digest) -> None:
    kinds = [part.get_content_type() for part in parsed(digest).walk()]
    assert kinds[:5] == ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html"]
    assert kinds[5:] == ["image/png"] * 5 + ["text/csv"]


def test_the_headers(digest: Digest) -> None:
    message = parsed(digest)
    assert {name: message[name] for name in ("From", "To", "Subject", "List-Id", "Auto-Submitted")} == {
        "From": "OKRs <okr@example.org>",
        "To": "vp@example.org",
        "Subject": "OKRs Q4 2026, week 47: one slipped, one done, one not known",
        "List-Id": "<leadership.okr.example.org>",
        "Auto-Submitted": "auto-generated",
    }
    assert message["List-Unsubscribe"] == "<mailto:okr@example.org?subject=Stop%20leadership>"
    assert message["Date"] == "Mon, 23 Nov 2026 07:00:00 +0000"
    assert message["Message-ID"] == stable_id(KEY, "other@example.org")
    assert message["Message-ID"] != stable_id((*KEY[:4], "cfo@example.org"), "okr@example.org")


def test_it_can_go_over_seven_bits_with_short_lines(digest: Digest) -> None:
    written = mail(digest)
    assert written.isascii()
    assert max(len(line) for line in written.split(b"\r\n")) <= 998
    assert b"\n" not in written.replace(b"\r\n", b"")


def test_every_picture_is_there_with_its_size_and_its_sentence(digest: Digest) -> None:
    images = Tags(page(digest)).named("img")
    parts = [part for part in parsed(digest).walk() if part.get_content_type() == "image/png"]
    assert {image["src"] for image in images} == {f"cid:{part['Content-ID'].strip('<>')}" for part in parts}
    assert all(part.get_content().startswith(b"\x89PNG") for part in parts)
    assert all(image["alt"] and image["width"] == "92" and image["height"] == "28" for image in images)
    assert images[0]["alt"] == (
        "From 24 h on 28 Sep down to 19.6 h on 22 Nov; highest 24.3 h; target 12 h; 5 days without a value"
    )


def test_the_page_is_accessible_and_still(digest: Digest) -> None:
    written = Tags(page(digest))
    assert written.open == []
    assert written.named("html") == [{"lang": "en"}]
    assert all(cell["scope"] in ("col", "row") for cell in written.named("th"))
    assert len([cell for cell in written.named("th") if cell["scope"] == "row"]) == 5
    layout = [table for table in written.named("table") if table.get("class") != "k"]
    assert all(table["role"] in ("presentation", "img") for table in layout)
    assert all(table["aria-label"] for table in layout if table["role"] == "img")
    assert written.named("script", "link", "iframe", "form") == []
    assert {meta.get("name") for meta in written.named("meta")} >= {"viewport", "color-scheme"}


def test_every_status_has_its_reason(digest: Digest) -> None:
    written = " ".join(page(digest).replace("&nbsp;", " ").split())
    for reason in ("3.2 h above plan", "8 points above plan", "42 of 42 active", "5 days old", "Judged from 15 Dec on"):
        assert written.count(reason) == 1


def test_hostile_words_stay_words(digest: Digest) -> None:
    line = Line(status="Off Track", title=HOSTILE, why=HOSTILE, was=HOSTILE)
    row = Row(
        key_result=HOSTILE, title=HOSTILE, data=HOSTILE, actual=HOSTILE, target=HOSTILE, status=HOSTILE, reason=HOSTILE
    )
    blocks = (Section(heading=HOSTILE, lines=(line,)), Table(objective=HOSTILE, summary=HOSTILE, rows=(row,)))
    bad = msgspec.structs.replace(
        digest, subject=HOSTILE, audience=HOSTILE, headline=HOSTILE, blocks=blocks, scorecard_link="javascript:alert(1)"
    )
    message = parsed(bad)
    assert "Bcc" not in message
    assert message["Subject"].endswith("Bcc: all@example.org")
    assert Tags(page(bad)).named("script") == []
    assert "javascript:" not in page(bad)
    cells = list(csv.reader(io.StringIO(table_csv.render(bad).decode("utf-8-sig"))))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells[1])


@pytest.mark.parametrize(
    "bad", ["", "vp", "vp@example.org\r\nBcc: x@example.org", "a b@c", "<vp@example.org", "vp@exämple.org", "a@b, c@d"]
)
def test_no_mail_to_what_is_no_address(digest: Digest, bad: str) -> None:
    with pytest.raises(ValueError, match="is not a mail address"):
        compose(digest, bad, "okr@example.org", "<1@example.org>", DATE)


def test_a_sender_with_a_name() -> None:
    for written in ("OKRs, all <okr@example.org>", '"OKRs, all" <okr@example.org>'):
        assert str(address(written)) == '"OKRs, all" <okr@example.org>'
    assert address(" okr@example.org ").display_name == ""


def test_the_csv(digest: Digest) -> None:
    [first, *_] = csv.DictReader(io.StringIO(table_csv.render(digest).decode("utf-8-sig")))
    assert first["key_result"] == "review-time"
    assert (first["status"], first["actual"], first["progress"]) == ("Off Track", "19.6 h", "0.367")
    assert (first["owner"], first["unit"], first["actual_value"], first["target_value"]) == (
        "Ana",
        "hours",
        "19.6",
        "12",
    )
    assert (first["planned"], first["forecast_low"], first["forecast_high"], first["n"]) == (
        "16.4",
        "17",
        "19",
        "8211",
    )
    assert (first["first"], first["last"]) == ("2026-11-16", "2026-11-22")


def test_numbers_below_zero_stay_numbers_and_units_are_no_formulas(digest: Digest) -> None:
    [row, *_] = rows(digest)
    odd = msgspec.structs.replace(row, figures=Figures(unit="=1+1", actual=-3.5))
    told = msgspec.structs.replace(digest, blocks=(Table(objective="o", summary="s", rows=(odd,)),))
    [first] = csv.DictReader(io.StringIO(table_csv.render(told).decode("utf-8-sig")))
    assert (first["actual_value"], first["unit"], first["planned"]) == ("-3.5", "'=1+1", "")


def test_titles_lead_to_the_pages_of_key_results(digest: Digest) -> None:
    links = [link["href"] for link in Tags(page(digest)).named("a")]
    assert links[:3] == [
        "https://okr.example.org/kr/review-time.html",
        "https://okr.example.org/kr/trained.html",
        "https://okr.example.org/kr/review-time.html",
    ]
    unlinked = Tags(page(msgspec.structs.replace(digest, scorecard_link=None))).named("a")
    assert [link["href"] for link in unlinked] == ["mailto:okr@example.org?subject=Stop%20leadership"]


def test_the_list_of_mails_shows_the_headline_and_not_the_dateline(digest: Digest) -> None:
    body = page(digest).split("<body", 1)[1]
    assert "display:none" in body.split("One key result slipped", 1)[0]
    assert body.index("One key result slipped") < body.index("Trust &amp; Safety OKRs")


def many(digest: Digest, count: int) -> Digest:
    [table, *_] = [block for block in digest.blocks if isinstance(block, Table)]
    row = msgspec.structs.replace(table.rows[1], reason="A reason of a usual length, with numbers: 58.1 %, 12 Nov.")
    copies = tuple(msgspec.structs.replace(row, key_result=f"kr-{place}") for place in range(count))
    line = Line(status="At Risk", was="On Track", title=row.title, why=row.reason * 2)
    blocks = (
        Section(heading="What changed", lines=(line,) * (count // 6)),
        msgspec.structs.replace(table, rows=copies),
    )
    return msgspec.structs.replace(digest, blocks=blocks)


def test_sixty_key_results_fit_but_for_a_few(digest: Digest) -> None:
    large = many(digest, 60)
    written = html.render(large, {row.key_result: f"cid:{row.key_result}" for row in rows(large)}, "okr@example.org")
    assert len(written.encode()) <= html.LARGEST
    shown = written.count('scope="row"')
    assert shown >= 50
    assert shown == 60 or f"and {60 - shown} more" in written


def test_room_is_used_where_the_last_rows_are_the_long_ones(digest: Digest) -> None:
    written = [
        msgspec.structs.replace(row, data="n = 30, " * (700 if place >= 30 else 1))
        for place, row in enumerate(rows(many(digest, 46)))
    ]
    table = Table(objective="Objective", summary="s", rows=tuple(written))
    page = html.render(msgspec.structs.replace(digest, blocks=(*digest.blocks[:2], table)), {}, "okr@example.org")
    assert html.LARGEST - 7_000 < len(page.encode()) <= html.LARGEST
    assert 30 < page.count('scope="row"') < 46


@pytest.mark.parametrize(("objectives", "each"), [(20, 3), (60, 1), (200, 3)])
def test_many_objectives_fit_too_and_none_is_headed_without_a_row(digest: Digest, objectives: int, each: int) -> None:
    tables = tuple(
        Table(objective=f"Objective {place}", summary="s", rows=rows(many(digest, each))) for place in range(objectives)
    )
    sections = tuple(block for block in digest.blocks if not isinstance(block, Table))
    large = msgspec.structs.replace(digest, blocks=(*sections[:2], *tables, *sections[2:]))
    written = html.render(large, {}, "okr@example.org")
    assert len(written.encode()) <= html.LARGEST
    shown = written.count('scope="row"')
    assert shown > 30
    assert f"and {objectives * each - shown} more key results, in the scorecard and in the attached table" in written
    assert written.count("<h3") == -(-shown // each)
    assert "What is not known" in written


def test_texts_without_end_leave_a_mail_that_can_be_read(
    now: Scorecard, before: Scorecard, histories: dict[str, Spark], check_ins: list[CheckIn], audience: Audience
) -> None:
    long = "&<\u202e" * 10_000

    def swollen(card: KeyResultCard) -> KeyResultCard:
        return msgspec.structs.replace(card, title=long, reason=long, owner=f"{long}@example.org", notes=(long,))

    objectives = tuple(
        msgspec.structs.replace(one, title=long, key_results=tuple(map(swollen, one.key_results)))
        for one in now.objectives
    )
    said = [msgspec.structs.replace(check_ins[0], note=long, by=long)]
    built = build(
        msgspec.structs.replace(now, objectives=objectives),
        before,
        histories=histories,
        check_ins=said,
        audience=audience,
        period="p",
        link=f"https://okr.example.org/{long}",
    )
    shown = legible(built)
    assert "\u202e" not in str(shown)
    assert len(page(shown).encode()) <= html.LARGEST
    assert len(text.render(shown)) < 40_000
    assert len(mail(shown)) < 400_000


def test_what_is_lost_is_said_first_and_is_not_out_of_danger(
    now: Scorecard, before: Scorecard, audience: Audience
) -> None:
    def lose(card: KeyResultCard) -> KeyResultCard:
        return msgspec.structs.replace(card, status="No Data", reason="no reading yet", actual=None, reading=None)

    def without(objective: ObjectiveCard, count: int) -> ObjectiveCard:
        cards = objective.key_results
        return msgspec.structs.replace(objective, key_results=(*map(lose, cards[:count]), *cards[count:]))

    def built(count: int) -> Digest:
        objectives = tuple(without(one, count) for one in now.objectives)
        lost = msgspec.structs.replace(now, objectives=objectives)
        return build(lost, before, histories={}, check_ins=(), audience=audience, period="p")

    everything = built(9)
    assert everything.headline == "Four key results are no longer known. Five numbers are not known."
    assert everything.subject == "OKRs Q4 2026, week 47: four no longer known, five not known"
    assert "Needs attention\n---------------\nNo key result can be judged.\n" in text.render(everything)
    some = built(1)
    assert some.headline == "One key result is done, one is no longer known. Two numbers are not known."
    assert "Of those that can be judged, none is at risk." in text.render(some)


def test_small_counts_leave_no_bare_number_either(
    now: Scorecard, before: Scorecard, histories: dict[str, Spark], audience: Audience
) -> None:
    few = audience.model_copy(update={"small_counts": 100})
    told = build(now, before, histories=histories, check_ins=(), audience=few, period="p")
    table = list(csv.DictReader(io.StringIO(table_csv.render(told).decode("utf-8-sig"))))
    [hidden] = [row for row in table if row["key_result"] == "trained"]
    bare = ("actual_value", "start", "target_value", "planned", "forecast_low", "forecast_high", "n", "first", "data")
    assert {hidden[name] for name in (*bare, "progress", "expected", "forecast")} == {""}
    assert hidden["actual"] == "hidden"
    assert [row["n"] for row in table if row["key_result"] == "review-time"] == ["8211"]


def test_six_hundred_are_cut_and_say_so(digest: Digest) -> None:
    large = many(digest, 600)
    written = html.render(large, {}, "okr@example.org")
    assert len(written.encode()) <= html.LARGEST
    assert re.search(r"and \d+ more", written)
    assert len(table_csv.render(large).splitlines()) == 601


def test_an_alert_for_operators(now: Scorecard, outcomes: list[SourceOutcome]) -> None:
    told = alert(outcomes, now, "r1", now.evaluated_at)
    assert told is not None
    golden("alert.txt", f"Subject: {told.subject}\n\n{text.render(told)}")
    kinds = [part.get_content_type() for part in parsed(told).walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    assert "key-results.csv" not in page(told)
    assert alert([outcomes[0]], now, "r1", now.evaluated_at) is None


def test_a_course_without_any_value_has_no_picture(digest: Digest) -> None:
    [table, *_] = [block for block in digest.blocks if isinstance(block, Table)]
    days = rows(digest)[0].spark.days  # type: ignore[union-attr]
    empty = Spark(days=days, values=(None,) * len(days), target=None, sentence="No value in these days")
    row = msgspec.structs.replace(table.rows[0], spark=empty)
    bare = msgspec.structs.replace(digest, blocks=(msgspec.structs.replace(table, rows=(row,)),))
    assert Tags(page(bare)).named("img") == []
