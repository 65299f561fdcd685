"""Books: every page of theirs, and what is lost of one is told."""

from __future__ import annotations

import pytest
from documents import zipped
from index.readers import MEDIA, Unreadable, read

_XHTML = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>'


def book(spine: str, **parts: str) -> bytes:
    items = '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><item id="b" href="b.xhtml"'
    items += ' media-type="application/xhtml+xml"/><item id="c" href="c.svg" media-type="image/svg+xml"/>'
    return zipped(
        {
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="p.opf"/></rootfiles></container>',
            "p.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>',
            "a.xhtml": "<html><body><h1>One</h1><p>First.</p></body></html>",
            "c.svg": "<svg/>",
            **parts,
        }
    )


def test_a_book_that_lacks_pages_names_them() -> None:
    contents = read(book('<itemref idref="a"/><itemref idref="b"/><itemref idref="c"/>'), MEDIA[".epub"])
    assert [section.text for section in contents.sections] == ["First."]
    assert contents.notes == ["its page b.xhtml is not in it", "its page c.svg is image/svg+xml, which is not read"]


def test_a_book_whose_pages_are_encrypted_is_not_read_as_text() -> None:
    space = "http://www.w3.org/2001/04/xmlenc#"
    locked = (
        f'<encryption xmlns:e="{space}"><e:CipherData><e:CipherReference URI="a.xhtml"/></e:CipherData></encryption>'
    )
    with pytest.raises(Unreadable, match="encrypted"):
        read(book('<itemref idref="a"/>', **{"META-INF/encryption.xml": locked}), MEDIA[".epub"])


def test_every_page_of_a_book_is_read() -> None:
    """One in no reading order is led to by others; an XHTML page may close its title where it begins."""
    page = f"{_XHTML}<section><header><h2>Two</h2>Ep.</header><p>Text.</p></section><aside>Note.</aside></body></html>"
    contents = read(book('<itemref idref="a"/><itemref idref="z"/>', **{"b.xhtml": page}), MEDIA[".epub"])
    assert [(section.heading, section.text.split()) for section in contents.sections] == [
        ("One", ["First."]),
        ("Two", ["Ep.", "Text.", "Note."]),
    ]
    assert contents.notes == ["its page 'z' is not in it"]
