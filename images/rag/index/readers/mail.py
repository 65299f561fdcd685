"""E-mail by the standard library: the message's text under its subject; what is attached is named."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage

from index.readers import html
from index.readers.characters import normalised
from index.readers.section import Note, Section, Title, Unreadable

_SHOWN = ("From", "To", "Date")
_LONGEST = 2**15  # characters of a header; the library takes quadratic time and memory for one


class _Policy(email.policy.EmailPolicy):
    """The library's own, which parses no more of a header than that."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return the header's value as the library parses it."""
        return super().header_fetch_parse(name, value[:_LONGEST])


def read(data: bytes) -> Iterator[Section | Title | Note]:
    """Yield the message's text, plain where it has one, else its HTML.

    Raises:
        Unreadable: it has no headers of a message.
    """
    message = email.message_from_bytes(data, policy=_Policy())
    assert isinstance(message, EmailMessage)
    subject = " ".join(str(message.get("Subject", "")).split())
    if not any(message.get(name) for name in ("From", "Subject", "Date", "Received", "Message-ID")):
        raise Unreadable("invalid e-mail: it has no headers of a message")
    yield Title(subject)
    head = "\n".join(f"{name}: {message[name]}" for name in _SHOWN if message.get(name))
    body = message.get_body(("plain", "html"))
    text = _content(body) if body is not None else ""
    if body is not None and body.get_content_type() == "text/html":
        yield Section(subject, head)
        for section in html.read(normalised(text)):
            if isinstance(section, Title):
                continue  # a newsletter's, which the subject says better
            yield Section(" > ".join(part for part in (subject, section.heading) if part), section.text, section.header)
    else:
        yield Section(subject, f"{head}\n\n{normalised(text)}".strip())
    cut = [name for name, value in message.raw_items() if len(value) > _LONGEST]
    if cut:
        yield Note(f"of a header no more than {_LONGEST} characters are read: {', '.join(dict.fromkeys(cut))}")
    attached = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    if attached:
        yield Note(f"what is attached to it is not read: {', '.join(attached)}")


def _content(part: EmailMessage) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # a charset that nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
