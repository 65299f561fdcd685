"""Documents that are made to stop whoever reads them, and a reader for each way in which a parser can fail."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import documents
from index.readers import MEDIA as BY_SUFFIX

MEDIA = ("text/plain", "text/markdown", "text/html", "application/pdf", "application/jsonl")
# Read by the child process as it starts: a media type whose documents say what becomes of the process.
_READER = """
import os, signal, time
from index import readers

def deeper(n):
    return deeper(n + 1) + 1

def end(data):
    kind, _, number = data.decode().partition(" ")
    if kind == "signal": os.kill(os.getpid(), int(number))
    if kind == "exit": os._exit(int(number))
    if kind == "loop":
        while True: pass
    if kind == "sleep": time.sleep(3600)
    if kind == "memory": held = [bytearray(1 << 28) for _ in range(1 << 20)]
    if kind == "recursion": deeper(0)
    if kind == "raise": raise __builtins__[number]("as told")
    if kind == "surrogate": raise ValueError("half: \\udcff")
    if kind == "print": print("x" * 100_000)
    if kind == "write":
        for number in range(3, 16):
            try: os.write(number, b"garbage " * 64)
            except OSError: pass
        time.sleep(3600)
    if kind == "much":
        for number in range(1 << 20): yield readers.Section("heading", "word " * 1000)
    yield readers.Section("", "text of " + kind)

readers.BINARIES["x/end"] = end
"""


@contextlib.contextmanager
def reader_of_ends(folder: Path) -> Iterator[None]:
    """Give the child processes that start meanwhile a reader of `x/end` documents."""
    (folder / "sitecustomize.py").write_text(_READER)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def page_named_often(times: int) -> bytes:
    """Return a small PDF whose one page is named again and again."""
    data = documents.pdf(["Hello from the one page"])
    kid = data[data.index(b"/Kids [") + 7 : data.index(b"]", data.index(b"/Kids ["))]
    data = data.replace(b"[" + kid + b"]", b"[" + (kid + b" ") * times + b"]")
    return data.replace(b"/Count 1", b"/Count %d" % times)


def filtered(name: bytes) -> bytes:
    """Return a PDF whose page's content has a filter of that name."""
    return documents.pdf(["x"]).replace(b"<< /Length", b"<< /Filter /" + name + b" /Length")


def seeds() -> list[tuple[bytes, str]]:
    """Return a small good document of each kind."""
    lines = b'{"title": "A", "text": "first"}\n{"heading": "B", "text": "second"}\n'
    two_pages = documents.pdf(["one", "two"])
    bodies = (documents.THREE_PARAGRAPHS, documents.MARKDOWN, documents.HTML, two_pages, lines)
    packed = {".docx": documents.docx(), ".xlsx": documents.xlsx(), ".epub": documents.book()}
    packed |= {".eml": documents.message(), ".odt": documents.odt("<text:p>words</text:p>")}
    return [*zip(bodies, MEDIA, strict=True), *((data, BY_SUFFIX[suffix]) for suffix, data in packed.items())]


_PIECES = [
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xcc\x81",
    b" " * 3000,
    b"\n" * 3000,
    b"[" * 300,
    b"{" * 300,
    b"(" * 300,
]
_PIECES += [b"#", b"```", b"---\n", b'"', b"\\ud800", b"1e999", b"-1"]
_PIECES += [b"<", b"</", b"<pre>", b"<!--", b"&#x110000;", b"&#0;", b"<a href="]
_PIECES += [b"obj", b"endobj", b"stream\n", b"endstream", b"/Filter /Foo", b"/Filter [/FlateDecode /Foo]", b"<<", b">>"]
_PIECES += [b"/Kids [3 0 R 2 0 R]", b"/Length 99999999", b"/Parent 3 0 R", b"xref", b"trailer", b"%%EOF"]


def mutants(seed: int, count: int) -> Iterator[tuple[bytes, str]]:
    """Yield documents of all kinds, each with a few bytes flipped, cut out, doubled, or replaced by something odd."""
    chance, originals = random.Random(seed), seeds()
    for number in range(count):
        data, media = originals[number % len(originals)]
        body = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            start = chance.randrange(len(body) + 1)
            end = min(len(body), start + chance.choice([0, 1, 1, 2, 8, 64]))
            kind = chance.randrange(4)
            if kind == 0:
                body[start:end] = chance.randbytes(end - start)
            elif kind == 1:
                del body[start:end]
            elif kind == 2:
                body[start:start] = bytes(body[start:end]) * chance.choice([1, 2, 50])
            else:
                body[start:end] = chance.choice(_PIECES)
        yield bytes(body), media if chance.random() < 0.95 else chance.choice(MEDIA)
