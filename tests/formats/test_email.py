"""The message: parts, ids, headers."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from pydantic import ValidationError
from sample_report import dataset, report, templates

from reportrunner.errors import InvalidError, OutputError
from reportrunner.formats import FORMATS
from reportrunner.formats.common import Writing
from reportrunner.report import Document, Report
from reportrunner.table import ColumnType
from reportrunner.templating.renderer import Renderer

RENDERER = Renderer(templates())
CSV = Document("overdue_csv", "lists/überfällig.csv", "text/csv; charset=utf-8", "a\nZoë\n".encode())


def content(made: Report, *attached: Document, **options: object) -> bytes:
    form = FORMATS["email"]
    keys = {"format": "email", "template": "compliance.email.j2", "to": ["team@example.org"], **options}
    return form.write(
        made, form.options.model_validate(keys), Writing("summary", "summary.eml", RENDERER, attached)
    ).whole()


def message(made: Report, *attached: Document, **options: object) -> EmailMessage:
    parsed = message_from_bytes(content(made, *attached, **options), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(made: EmailMessage, kind: str) -> str:
    body = made.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_parts() -> None:
    made = message(report(), CSV)
    kinds = [each.get_content_type() for each in made.walk()]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "text/csv",
    ]  # fmt: skip
    (attached,) = made.iter_attachments()
    assert attached.get_filename() == "überfällig.csv"
    assert attached.get_payload(decode=True) == CSV.whole()


def test_pictures_are_shown_inside() -> None:
    made = message(report())
    (picture,) = [each for each in made.walk() if each.get_content_type() == "image/png"]
    assert picture.get_content_disposition() == "inline"
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in part(made, "html")


def test_html_has_its_style_inside() -> None:
    html = part(message(report()), "html")
    assert re.search(r'<h1 style="[^"]*font-size:\s?22px', html)
    assert "@media" in html
    assert "<link" not in html
    assert "http" not in html
    assert len(html) < 40_000


def test_text_part_reads_alone() -> None:
    text = part(message(report(sandbox=True)), "plain")
    lines = text.splitlines()
    assert lines[0] == "Sandbox data. Every number in this message is invented."
    assert "Compliance training: who is overdue" in lines
    assert any(re.fullmatch(r"\d+ have finished every course \(\d+% of the roster\)", line) for line in lines)
    assert any(re.fullmatch(r" +Finished +In progress +Never started", line) for line in lines)
    assert any(re.fullmatch(r"Data subjects and their rights +\d+ +\d+ +\d+ +\d+%", line) for line in lines)
    assert any(re.fullmatch(r"Adaeze Okonkwo +\d +\d+ +\d+", line) for line in lines)
    place = lines.index("- Warning: People watched who are not on the roster (3 rows)")
    assert lines[place + 1 : place + 4] == ["  user_id guest-1", "  user_id guest-<2>", "  and 1 more"]
    assert not re.search(r"</|/>", text)
    assert any(re.fullmatch(r"Manager +Overdue +Team +Open courses", line) for line in lines)
    assert max(map(len, lines)) <= 78


def test_headers() -> None:
    made = message(
        report(), cc=["a@example.org", "b@example.org"], bcc=["secret@example.org"], reply_to="owner@example.org"
    )
    assert made["Subject"] == "Compliance training: who is overdue"
    assert (made["To"], made["Cc"]) == ("team@example.org", "a@example.org, b@example.org")
    assert made["Reply-To"] == "owner@example.org"
    assert made["Date"] == "Mon, 16 Nov 2026 00:00:00 -0500"
    assert made["From"] == "reportrunner@reportrunner.invalid"
    assert "Bcc" not in made
    assert b"secret" not in content(report(), bcc=["secret@example.org"])
    assert message(report(sandbox=True))["Subject"].startswith("[sandbox data] ")


def test_equal_reports_give_equal_bytes_and_ids() -> None:
    first = content(report(), CSV)
    assert first == content(report(), CSV)
    assert re.search(rb"\nMessage-ID: <[0-9a-f]{40}@reportrunner\.invalid>\r\n", first)
    ids = {message(replace(report(), label=label))["Message-ID"] for label in ("2026-W46", "2026-W47")}
    ids.add(message(report(), replace(CSV, content=b"a\n"))["Message-ID"])
    ids.add(message(report(), CSV)["Message-ID"])
    assert len(ids) == 4


def test_lines_are_of_the_wire() -> None:
    raw = content(report(), CSV)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    "options",
    [
        {"subject": "a\nBcc: x@example.org"},
        {"subject": "a\rb"},
        {"subject": "a\u2028b"},
        {"to": ["a@example.org\nBcc: x@example.org"]},
        {"to": ["a@example.org, b@example.org"]},
        {"to": ["Someone <a@example.org>"]},
        {"reply_to": "nobody"},
        {"cc": ["a@b@c"]},
        {"to": ["=?utf-8?q?victim=40example.com=2C_x?=@example.org"]},
        {"reply_to": "=?utf-8?q?x=0D=0ABcc=3A_victim=40example.com?=@example.org"},
        {"from": "a@example.org"},
    ],
)
def test_headers_cannot_be_injected(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        content(report(), **options)


def test_a_title_from_outside_stays_one_line() -> None:
    assert message(replace(report(), title="A\r\nBcc: x@example.org"))["Subject"] == "A Bcc: x@example.org"


@pytest.mark.parametrize(
    "word",
    [
        "=?utf-8?q?results=0D=0ABcc:_victim@example.org?=",
        "=?utf-8?b?cmVzdWx0cw0KQmNjOiB2aWN0aW1AZXhhbXBsZS5vcmcNCg==?=",
    ],
)
def test_a_word_in_another_encoding_stays_as_it_is_written(word: str) -> None:
    shown = word.replace("=?", "= ?")
    assert subject("{{ polls[0].text }}", saying(word)) == shown
    assert subject("x", subject=word) == shown
    assert message(replace(report(), title=f"A {word}"))["Subject"] == f"A {shown}"
    file = Document("other", f"{word.replace('/', '')}.csv", "text/csv", b"a")
    made = message(report(), file)
    assert made["Bcc"] is None
    (attached,) = made.iter_attachments()
    assert attached.get_filename() == f"{shown.replace('/', '')}.csv"


def subject(block: str, made: Report | None = None, **options: object) -> str:
    """The subject of a message whose template says it so."""
    frame = '{% extends "builtin:base.email.j2" %}{% set polls = report.datasets.polls.rows %}'
    renderer = Renderer({"own.email.j2": f"{frame}{{% block subject %}}{block}{{% endblock %}}"})
    form = FORMATS["email"]
    keys = {"format": "email", "template": "own.email.j2", "to": ["a@example.org"], **options}
    written = form.write(made or report(), form.options.model_validate(keys), Writing("s", "s.eml", renderer)).whole()
    parsed = message_from_bytes(written, policy=default)
    assert isinstance(parsed, EmailMessage)
    assert written.partition(b"\r\n\r\n")[0].lower().count(b"\r\nbcc") == 0
    return str(parsed["Subject"])


def saying(text: str) -> Report:
    return replace(report(), datasets={"polls": dataset("polls", {"text": ColumnType.STRING}, [(text,)])})


def test_a_template_may_say_the_result_in_the_subject() -> None:
    said = "{{ polls | length | plural('answer') }}, first <b>{{ polls[0].text }}</b> &amp; all"
    assert subject(said, saying("Q&A <one>")) == "1 answer, first Q&A <one> & all"
    assert subject("{{ super() }}: no") == "Compliance training: who is overdue: no"
    assert subject(said, replace(saying("x"), sandbox=True)).startswith("[sandbox data] 1 answer")


def test_the_markup_of_a_subject_goes_and_nothing_else() -> None:
    assert subject("Only {{ 7 }} plays, < 10 a day and > 3 wanted") == "Only 7 plays, < 10 a day and > 3 wanted"
    assert subject("a<br>b<p>c</p>d <em>e</em>f") == "a b c d ef"


def test_the_job_goes_before_the_template_and_the_title_behind_both() -> None:
    assert subject("by the template", subject="By the job") == "By the job"
    for nothing in ("", " {# nothing #} ", "{{ '\\u202e' }}", "<br>"):
        assert subject(nothing) == "Compliance training: who is overdue"


@pytest.mark.parametrize("sign", ["\n", "\r\n", "\r", "\x85", "\u2028", "\x00", "\x1b", "\u202e", "\t", "\x7f"])
def test_a_result_cannot_end_the_line_or_turn_it(sign: str) -> None:
    assert subject("{{ polls[0].text }}", saying(f"a{sign}Bcc: x@example.org")) == "a Bcc: x@example.org"
    assert subject("{{ polls[0].text }}", saying(f"a{sign}")) == "a"


def test_a_result_that_is_too_long_is_cut_and_one_that_is_not_stays() -> None:
    assert subject("{{ polls[0].text }}", saying("ä" * 160)) == "ä" * 160
    assert subject("{{ polls[0].text }}", saying("ä" * 161)) == "ä" * 159 + "…"
    assert subject("{{ polls[0].text }}", saying("word " * 40)).endswith("word…")


def test_a_subject_that_cannot_be_made_points_into_the_template() -> None:
    with pytest.raises(InvalidError) as caught:
        subject("{{ polls[0].txt }}", saying("x"))
    (one,) = caught.value.diagnostics
    assert (one.file, one.line, one.message) == ("templates/own.email.j2", 1, 'the row has no "txt"')


def test_an_attached_message_stays_a_file() -> None:
    attached = Document("other", "other.eml", "message/rfc822", b"Subject: x\r\n\r\ny")
    (made,) = message(report(), attached).iter_attachments()
    assert (made.get_content_type(), made.get_filename()) == ("application/octet-stream", "other.eml")


def test_a_message_that_would_be_cut_off_is_refused() -> None:
    long = dataset("polls", {"text": ColumnType.STRING}, [("x" * 200,)] * 600)
    renderer = Renderer({"big.email.j2": "<p>{{ report.datasets.polls.rows | html_table }}</p>"})
    form = FORMATS["email"]
    options = form.options.model_validate({"format": "email", "template": "big.email.j2", "to": ["a@example.org"]})
    with pytest.raises(OutputError, match="give its tables a limit"):
        form.write(replace(report(), datasets={"polls": long}), options, Writing("s", "s.eml", renderer))


def test_the_digest_needs_no_template_of_ones_own() -> None:
    text = part(message(report(), template="builtin:digest"), "plain")
    assert "60 rows" in text
    assert "5 more columns: entry_id, title, completion, required, status" in text
