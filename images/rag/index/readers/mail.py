"""E-mail by the standard library: the message's text under its subject; what is attached is named."""

from __future__ import annotations

import codecs
import contextlib
import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage

from index.readers import html
from index.readers.characters import normalised
from index.readers.encoding import decoded
from index.readers.section import Note, Section, Title, Unreadable

_SHOWN = ("From", "To", "Cc", "Date")
_LONGEST = 2**15  # characters of a header; the library takes quadratic time and memory for one
_DEEPEST = 8  # messages within messages
_STUB = 4  # times as long an HTML part is whose plain one only says that there is an HTML part
_MESSAGES = ("message/rfc822", "message/global")
_UNSEEN = ("text/x-amp-html", "text/watch-html")  # the same once more, for some programs


class _Policy(email.policy.EmailPolicy):
    """The library's own, which parses no more of a header than that."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return the header's value as the library parses it; bytes of another encoding as a text has them."""
        value = value[:_LONGEST]
        if not value.isascii():
            with contextlib.suppress(UnicodeError, Unreadable):
                value = decoded(value.encode(errors="surrogateescape"))[0]
        try:
            return super().header_fetch_parse(name, value)
        except RecursionError:  # comments within comments, thousands deep
            return value


def read(data: bytes) -> Iterator[Section | Title | Note]:
    """Yield the message's text, plain where it has one, else its HTML; likewise of messages that it forwards.

    Raises:
        Unreadable: it has no headers of a message, or parts within parts beyond what is sensible.
    """
    try:
        yield from _read(data)
    except RecursionError as error:
        raise Unreadable("invalid e-mail: its parts lie too deep within one another") from error


def _read(data: bytes) -> Iterator[Section | Title | Note]:
    message = email.message_from_bytes(data.removeprefix(codecs.BOM_UTF8), policy=_Policy())
    assert isinstance(message, EmailMessage)
    if not any(message.get(name) for name in ("From", "Subject", "Date", "Received", "Message-ID")):
        raise Unreadable("invalid e-mail: it has no headers of a message")
    yield Title(_subject(message))
    attached: list[str] = []
    yield from _message(message, _subject(message), attached, 0)
    cut = [name for name, value in message.raw_items() if len(value) > _LONGEST]
    if cut:
        yield Note(f"of a header no more than {_LONGEST} characters are read: {', '.join(dict.fromkeys(cut))}")
    if attached:
        yield Note(f"what is attached to it is not read: {', '.join(attached)}")


def _subject(message: EmailMessage) -> str:
    return " ".join(str(message.get("Subject", "")).split())


def _message(message: EmailMessage, path: str, attached: list[str], depth: int) -> Iterator[Section | Note]:
    """Yield a message's sections: its head and plain texts as one, each HTML text with its own headings."""
    held = ["\n".join(f"{name}: {message[name]}" for name in _SHOWN if message.get(name))]
    for part in _parts(message, attached):
        if part.get_content_type() in _MESSAGES:
            inner = _inner(part)
            if depth >= _DEEPEST or not isinstance(inner, EmailMessage):
                attached.append("message/rfc822")
                continue
            yield Section(path, "\n\n".join(held))
            held = []
            subject = _subject(inner)
            yield from _message(inner, " > ".join(filter(None, (path, subject))), attached, depth + 1)
            continue
        text, note = _content(part)
        if note:
            yield Note(note)
        if part.get_content_type() == "text/html":
            yield Section(path, "\n\n".join(held))
            held = []
            for section in _page(text):
                yield Section(" > ".join(filter(None, (path, section.heading))), section.text, section.header)
        else:
            held.append(normalised(text).strip())
    yield Section(path, "\n\n".join(filter(None, held)))


def _parts(part: EmailMessage, attached: list[str]) -> Iterator[EmailMessage]:
    """Yield the parts that a reader of the message sees as its text; the others' names go to `attached`."""
    kind = part.get_content_type()
    if kind in _MESSAGES and part.get_content_disposition() != "attachment":
        yield part
    elif part.get_content_maintype() == "multipart" and part.is_multipart():
        children = [child for child in part.iter_parts() if isinstance(child, EmailMessage)]
        if kind == "multipart/alternative":
            children = _chosen(children, attached)
        elif kind == "multipart/related":
            root = _root(part, children)
            attached += [_named(child) for child in children if child is not root and not _shown_within(child)]
            children = [root] if root else []
        for child in children:
            yield from _parts(child, attached)
    elif _is_text(part):
        yield part
    else:
        attached.append(_named(part))


def _is_text(part: EmailMessage) -> bool:
    """Return whether a part is shown as text; parts whose boundary stands nowhere are, all of them."""
    kind = part.get_content_type()
    inline = kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment"
    return inline or part.get_content_maintype() == "multipart"


def _named(part: EmailMessage) -> str:
    return part.get_filename() or part.get_content_type()


def _inner(part: EmailMessage) -> EmailMessage | None:
    """Return the message in a part, encoded or not; None where there is none."""
    inner = part.get_payload(0)
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() in ("base64", "quoted-printable"):
        coded = EmailMessage()  # the standard forbids it, and programs do it: the library does not decode it
        coded["Content-Transfer-Encoding"] = part["Content-Transfer-Encoding"]
        coded.set_payload(inner.get_payload() if isinstance(inner, EmailMessage) else "")
        data = coded.get_payload(decode=True)
        inner = email.message_from_bytes(data, policy=_Policy()) if isinstance(data, bytes) else None
    return inner if isinstance(inner, EmailMessage) else None


def _root(part: EmailMessage, children: list[EmailMessage]) -> EmailMessage | None:
    """Return the child that the others belong to: the one that `start` names, else the first."""
    start = part.get_param("start")
    return next((child for child in children if start and child.get("Content-ID") == start), next(iter(children), None))


def _shown_within(part: EmailMessage) -> bool:
    """Return whether a part is a picture or a style of the page that it is related to."""
    return part.get_content_maintype() in ("image", "font") or part.get_content_type() == "text/css"


def _chosen(children: list[EmailMessage], attached: list[str]) -> list[EmailMessage]:
    """Return which of several forms of one text to read, and what is none of its forms.

    What is attached within the form that is not read is named all the same: no other form has it.
    """
    unformatted = [child for child in children if child.get_content_type() == "text/plain"]
    rich = [child for child in children if child.get_content_type() == "text/html" or child.is_multipart()]
    others = [child for child in children if child not in unformatted and child not in rich]
    others = [child for child in others if child.get_content_type() not in _UNSEEN]
    if not (unformatted and rich):
        return [*(unformatted or rich)[-1:], *others]
    seen = sum(len(_content(part)[0].split()) for part in unformatted)
    ignored: list[str] = []
    pages = [part for part in _parts(rich[-1], ignored) if part.get_content_type() == "text/html"]
    more = sum(len(section.text.split()) for part in pages for section in _page(_content(part)[0]))
    if more > _STUB * seen:
        return [rich[-1], *others]
    attached += ignored
    return [unformatted[-1], *others]


def _page(text: str) -> Iterator[Section]:
    """Yield the sections of a page; its title is a newsletter's, which the subject says better."""
    return (section for section in html.read(normalised(text), whole=True) if isinstance(section, Section))


def _content(part: EmailMessage) -> tuple[str, str]:
    """Return a part's text, and what is to be said of how it was decoded."""
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset("")
    try:
        return decoded(
            payload if isinstance(payload, bytes) else b"",
            "" if charset == "us-ascii" else charset,
            part.get_content_type(),
        )
    except Unreadable as error:
        return "", str(error)
