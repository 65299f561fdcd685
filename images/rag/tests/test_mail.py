"""E-mail as programs write it: text in several parts, forwarded, in two forms, and in odd encodings."""

from __future__ import annotations

import base64
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from index.readers import MEDIA, Contents, read

HEAD = "From: a@b\n\n"
LONG = "The text itself is only here. " * 9


def headed(message: MIMEBase, subject: str = "S", sender: str = "a@b") -> MIMEBase:
    message["Subject"], message["From"] = subject, sender
    return message


def mail(kind: str, *parts: MIMEBase) -> bytes:
    message = headed(MIMEMultipart(kind))
    for part in parts:
        message.attach(part)
    return message.as_bytes()


def contents(data: bytes) -> Contents:
    return read(data, MEDIA[".eml"])


def texts(data: bytes) -> list[tuple[str, str]]:
    return [(section.heading, section.text.strip()) for section in contents(data).sections]


def test_text_after_a_picture_is_read_and_other_parts_are_named() -> None:
    data = mail("mixed", MIMEText("First."), MIMEText("a,b", "csv"), MIMEText("Second."))
    assert texts(data) == [("S", HEAD + "First.\n\nSecond.")]
    assert contents(data).notes == ["what is attached to it is not read: text/csv"]


@pytest.mark.parametrize("form", ["", "\n", "Please use a program that shows HTML."])
def test_html_is_read_where_the_plain_form_says_nothing(form: str) -> None:
    data = mail("alternative", MIMEText(form), MIMEText(f"<title>Letter</title><p>{LONG}", "html"))
    assert [text for _, text in texts(data)][-1] == LONG.strip()


def test_the_plain_form_is_read_where_it_says_as_much() -> None:
    assert texts(mail("alternative", MIMEText(LONG), MIMEText(f"<p>{LONG}", "html"))) == [("S", HEAD + LONG.strip())]


def test_an_invitation_beside_the_text_is_named() -> None:
    data = mail("alternative", MIMEText("Come."), MIMEText("BEGIN:VCALENDAR", "calendar"))
    assert (texts(data), contents(data).notes) == (
        [("S", HEAD + "Come.")],
        ["what is attached to it is not read: text/calendar"],
    )


def test_a_forwarded_message_is_read_under_its_own_subject() -> None:
    inner = headed(MIMEText("Inner."), "Of old", "c@d")
    assert texts(mail("mixed", MIMEText("See."), MIMEMessage(inner))) == [
        ("S", HEAD + "See."),
        ("S > Of old", "From: c@d\n\nInner."),
    ]


def test_messages_within_messages_end_somewhere() -> None:
    message: MIMEBase = headed(MIMEText("Last."))
    for _ in range(12):
        message = headed(MIMEMessage(message))
    assert contents(message.as_bytes()).notes == ["what is attached to it is not read: message/rfc822"]


def test_a_message_that_is_a_file_alone_says_so() -> None:
    data = headed(MIMEApplication(b"%PDF-", "pdf", name="a.pdf")).as_bytes()
    assert contents(data).notes == ["what is attached to it is not read: a.pdf"]


@pytest.mark.parametrize(
    ("header", "body", "note"),
    [
        ("", "Gr\u00fc\u00dfe aus K\u00f6ln".encode(), ""),
        ("text/plain; charset=us-ascii", "Gr\u00fc\u00dfe aus K\u00f6ln".encode(), ""),
        ("text/plain; charset=us-ascii", "Gr\u00fc\u00dfe aus K\u00f6ln".encode("cp1252"), "a guess"),
        ("text/plain; charset=iso-8859-1", "Gr\u00fc\u00dfe aus K\u00f6ln".encode(), "is UTF-8"),
        ("text/plain; charset=klingon", "Gr\u00fc\u00dfe aus K\u00f6ln".encode(), "is unknown"),
        ("text/html", "<meta charset=latin1><p>Gr\u00fc\u00dfe aus K\u00f6ln".encode("cp1252"), ""),
    ],
)
def test_eight_bit_text_is_decoded_as_a_file_is(header: str, body: bytes, note: str) -> None:
    kind = f"Content-Type: {header}\n".encode() if header else b""
    made = contents(b"\xef\xbb\xbfSubject: S\nFrom: a@b\n" + kind + b"\n" + body)
    assert made.sections[-1].text.endswith("Gr\u00fc\u00dfe aus K\u00f6ln")
    assert [note in each for each in made.notes] == [True] * bool(note)


def attached(subtype: str, name: str) -> MIMEBase:
    return MIMEApplication(b"x", subtype, name=name)


def within(kind: str, *parts: MIMEBase, **parameters: str) -> MIMEBase:
    made = MIMEMultipart(kind, **parameters)
    for part in parts:
        made.attach(part)
    return made


def test_what_is_attached_within_a_form_that_is_not_read_is_named() -> None:
    """Some programs put every file beside the HTML, within the alternatives or what is related to it."""
    rich = within("mixed", MIMEText("<p>See.", "html"), attached("pdf", "a.pdf"))
    assert contents(mail("alternative", MIMEText("See."), rich)).notes == ["what is attached to it is not read: a.pdf"]
    picture = MIMEBase("image", "png")
    related = within("related", MIMEText("<p>See.", "html"), picture, attached("pdf", "b.pdf"))
    assert contents(mail("mixed", related)).notes == ["what is attached to it is not read: b.pdf"]


def test_of_related_parts_the_named_one_is_the_page() -> None:
    page = MIMEText("<p>The page.", "html")
    page["Content-ID"] = "<page>"
    data = mail("mixed", within("related", MIMEBase("image", "png"), page, start="<page>"))
    assert [text for _, text in texts(data)] == [HEAD.strip(), "The page."]


def test_a_letter_has_no_sites_header_and_footer() -> None:
    data = mail("mixed", MIMEText("<body><header><h2>H</h2></header><p>Dear.</p><footer>Ada</footer>", "html"))
    assert texts(data)[-1] == ("S > H", "Dear.\n\nAda")


def test_a_forwarded_message_that_is_encoded_is_decoded() -> None:
    inner = base64.encodebytes(headed(MIMEText("Inner."), "Of old", "c@d").as_bytes()).decode()
    coded = "--x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n"
    data = f"{HEAD.strip()}\nSubject: S\nContent-Type: multipart/mixed; boundary=x\n\n{coded}\n{inner}\n--x--\n"
    assert texts(data.encode())[-1] == ("S > Of old", "From: c@d\n\nInner.")


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/mixed; boundary=z"])
def test_parts_without_their_boundary_are_text(kind: str) -> None:
    assert texts(f"Subject: S\nFrom: a@b\nContent-Type: {kind}\n\nText.".encode()) == [("S", HEAD + "Text.")]


@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
def test_bytes_of_a_header_are_its_letters(codec: str) -> None:
    data = "Subject: Gr\u00fc\u00dfe aus K\u00f6ln\nFrom: a@b\nCc: c@d\n\nText.".encode(codec)
    assert texts(data) == [("Gr\u00fc\u00dfe aus K\u00f6ln", "From: a@b\nCc: c@d\n\nText.")]


def test_a_report_of_delivery_is_named() -> None:
    report = MIMEBase("message", "delivery-status")
    report.set_payload([MIMEText("Status: 5.1.1")])
    assert contents(mail("report", MIMEText("Bounced."), report)).notes == [
        "what is attached to it is not read: message/delivery-status"
    ]
