"""E-mail: a multipart `.eml` with a text part, an HTML part with its CSS inlined, PNG charts and attachments."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.errors import OutputError
from reportrunner.formats.common import Format, Writing
from reportrunner.report import Document, Report
from reportrunner.spec import OutputSpec
from reportrunner.templating.plaintext import to_text

if TYPE_CHECKING:
    from email.message import EmailMessage

    from reportrunner.templating.renderer import Page

DOMAIN = "reportrunner.invalid"
NOBODY = f"reportrunner@{DOMAIN}"
LONGEST = 160
"""Characters of a subject that results make; more is shown nowhere."""
CLIPPED = 100_000
"""Bytes of HTML beyond which large mail services cut a message off."""
ENCODED = "=?"
"""Begins a word in another encoding (RFC 2047). Readers take it apart, so a text that holds it could hold anything."""
_ADDRESS = re.compile(r"(?!\.|.*\.[.@])[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text) or not text.isascii() or ENCODED in text:
        said = f"{json.dumps(text, ensure_ascii=False)} is not an e-mail address: {_unlike_address(text)}"
        raise Hinted(said, 'write it bare, such as "team@example.org"')
    return text


def _unlike_address(text: str) -> str:
    local, _, domain = text.partition("@")
    if not text.strip():
        return "it is empty"
    if re.search(r"[<>,;]", text) or text.count("@") > 1:
        return "it holds more than a bare address"
    if "@" not in text:
        return "there is no @ in it"
    if not local or not domain:
        return f"there is nothing {'after' if local else 'before'} the @"
    if re.search(r"\s", text):
        return f"there is a {'space' if text.isprintable() else 'line break'} in it"
    if re.search(r"^\.|\.[.@]", text):
        return "a dot stands between two other signs"
    odd = ENCODED if ENCODED in text else next((sign for sign in text if not sign.isascii() or sign in '"()[]:\\'), "")
    return f"{odd} cannot stand in one" if odd else f"{domain} is no name of a host"


def _header(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", text):
        raise Hinted(f"a header is one line, and {json.dumps(text)} has a line break or the like", "take it out")
    return text


Address = Annotated[str, AfterValidator(_address)]
Addresses = Annotated[tuple[Address, ...], Field(strict=False)]


class EmailOutput(OutputSpec):
    """`format = "email"`: a message from a template, with charts inside and documents attached."""

    diagnostic_owner: ClassVar[str] = "an email output"
    extension: ClassVar[str] = "eml"
    format: Literal["email"]
    template: str = Field(default="builtin:digest", description="A file of templates/, or builtin:digest")
    datasets: Annotated[tuple[str, ...], Field(strict=False)] | None = None
    to: Addresses = ()
    cc: Addresses = ()
    bcc: Addresses = Field(default=(), description="Handed to the delivery, never written into the message")
    reply_to: Address | None = None
    subject: Annotated[str, AfterValidator(_header)] | None = Field(
        default=None, description="Default: what the template's block `subject` says, else the title"
    )
    attach: Annotated[tuple[str, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.to or self.cc or self.bcc):
            raise Hinted("this e-mail goes to nobody", 'add to = ["team@example.org"]')
        return self


def write(report: Report, options: EmailOutput, writing: Writing) -> Document:
    """Return the message; its ids and boundaries are hashes, its date is as_of, so that equal reports are equal."""
    page = writing.renderer.page(options.template, report, writing.output, mail=True)
    html = _inlined(page.html)
    if len(html.encode()) > CLIPPED:
        size = f"{len(html.encode()) // 1000} kB of HTML, and mail services cut off at {CLIPPED // 1000} kB"
        raise OutputError(f'output "{writing.output}" has {size}; give its tables a limit')
    message = _message(report, options, page)
    _fill(message, page, html, writing.attachments)
    _identify(message, report, writing.output)
    try:
        content = message.as_bytes()
    except ValueError as error:
        raise OutputError(f'output "{writing.output}" cannot be written as a message: {error}') from error
    return Document(writing.output, writing.path, "message/rfc822", content)


def _inlined(html: str) -> str:
    import css_inline

    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True, minify_css=True)
    return str(inliner.inline(html))


def _subject(report: Report, options: EmailOutput, page: Page) -> str:
    """Return one line, whatever a title or a result holds: what the job says, else the template, else the title."""
    if options.subject:
        return _line(options.subject)
    text = _line(page.subject) or _line(report.title)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _line(text: str) -> str:
    """Return a text without what ends a line, what turns it unseen, and what a reader would take for another text."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split()).replace(ENCODED, "= ?")


def _message(report: Report, options: EmailOutput, page: Page) -> EmailMessage:
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime

    message = EmailMessage(policy=SMTP)
    mark = "[sandbox data] " if report.sandbox else ""
    message["Subject"] = mark + _subject(report, options, page)
    message["From"] = NOBODY
    for name, addresses in (("To", options.to), ("Cc", options.cc)):
        if addresses:
            message[name] = ", ".join(addresses)
    if options.reply_to:
        message["Reply-To"] = options.reply_to
    message["Date"] = format_datetime(report.as_of)
    message["Auto-Submitted"] = "auto-generated"
    return message


def _fill(message: EmailMessage, page: Page, html: str, attachments: tuple[Document, ...]) -> None:
    text = to_text(page.html, {picture.cid: picture.text for picture in page.pictures})
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    shown = message.get_payload()[1]  # type: ignore[index]
    for picture in page.pictures:
        shown.add_related(  # type: ignore[union-attr]
            picture.png, "image", "png", cid=f"<{picture.cid}>", disposition="inline", filename=_file_of(picture.cid)
        )
    for document in attachments:
        main, _, rest = document.media_type.partition(";")[0].partition("/")
        if main in {"message", "multipart"}:  # a message inside a message would be taken apart by mail clients
            main, rest = "application", "octet-stream"
        message.add_attachment(document.whole(), main, rest, filename=_line(document.path.rpartition("/")[2]))


def _file_of(cid: str) -> str:
    return f"{cid.partition('@')[0]}.png"


def _identify(message: EmailMessage, report: Report, output: str) -> None:
    parts = [part for part in message.walk() if not part.is_multipart()]
    body = hashlib.sha256()
    for words in (report.job, report.label, output, str(message["Subject"]), str(message["To"]), str(message["Cc"])):
        body.update(f"{words}\0".encode())
    for part in parts:
        body.update(part.get_payload(decode=True) or b"")  # type: ignore[arg-type]
    digest = body.hexdigest()
    message["Message-ID"] = f"<{digest[:40]}@{DOMAIN}>"
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"==rr-{digest[:32]}-{number}==")


FORMAT = Format("email", EmailOutput, write, extra="mail")
