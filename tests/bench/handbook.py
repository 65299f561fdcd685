"""Python's shipped documentation as documents, with the questions that it carries itself.

The pages are Debian's package of the documentation, pinned by version and digest in handbook.lock. Whatever a question
is made from is left out of what is indexed:

| set | a question is | its answer is | what is left out of the index |
|---|---|---|---|
| faq | the heading of an entry of the FAQ that ends in a question mark | that entry, a document of its own | the heading, and the FAQ's tables of contents |
| glossary | the first sentence of a term's definition | any page that the definition links to | the glossary |
| index | an entry of the general index that an author wrote | any page that it leads to | the index |
"""  # noqa: E501

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import Tag

LOCK = Path(__file__).with_suffix(".lock")
FOLDERS = ("faq", "reference", "tutorial")  # the library is twenty times as much text
_INDEXED = 400  # entries of the index at most
# Entries under these list names of things rather than say what a page is about.
_LISTS = {"module", "built-in function", "keyword", "statement", "operator", "object", "exception", "method"} | {
    "built-in method",
    "environment variable",
}
_NAMES = re.compile(r"[()_.:@*<>=\[\]{}%/\\&|^~+#!$\"'`0-9]|^-|PEP|RFC")


@dataclass(frozen=True, slots=True)
class Document:
    """A document to index: `data` is of the corpus's media type; `title` is the source's, where it gives one."""

    id: str
    data: bytes
    title: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the documents that answer it, any of them well."""

    set: str
    text: str
    documents: frozenset[str]


def download(cache: Path) -> Path:
    """Return the folder of the pages, fetched once by apt-get.

    Raises:
        SystemExit: The version is no longer available, or its bytes are others.
    """
    name, version, digest = LOCK.read_text().split()
    folder = cache / f"{name}-{digest[:12]}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as place:
            command = ["apt-get", "download", "-q", f"{name}={version}"]
            got = subprocess.run(command, cwd=place, capture_output=True, text=True)
            files = list(Path(place).glob("*.deb"))
            if got.returncode or len(files) != 1:
                sys.exit(f"{LOCK.name}: apt-get cannot fetch {name} {version}\n{got.stderr}")
            if (actual := hashlib.sha256(files[0].read_bytes()).hexdigest()) != digest:
                sys.exit(f"{LOCK.name}: {name} {version} has the digest {actual}, and not the one that is pinned")
            subprocess.run(["dpkg-deb", "-x", files[0], f"{place}/files"], check=True)
            Path(place, "files").rename(folder)
    return next(folder.glob("usr/share/doc/python3*/html"))


def read(html: Path) -> tuple[list[Document], list[Question]]:
    """Return the documents and the questions of the pages in a folder, in an order that is always the same."""
    documents: list[Document] = []
    questions: list[Question] = []
    for page in _pages(html):
        if page.parent.name == "faq":
            for document, question in _faq(page):
                documents.append(document)
                questions.append(question)
        else:
            documents.append(Document(f"{page.parent.name}/{page.stem}", page.read_bytes()))
    identities = {document.id for document in documents}
    questions += _answered("glossary", _glossary(html / "glossary.html"), identities)
    entries = sorted(_index(html / "genindex-all.html").items(), key=lambda entry: _place(entry[0]))
    questions += _answered("index", entries, identities)[:_INDEXED]
    return documents, questions


def _pages(html: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for page in sorted((html / folder).glob("*.html")):
            if page.stem != "index":
                yield page


def _place(text: str) -> int:
    """Return a number that follows from the text and from nothing else."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _answered(kind: str, asked: Iterable[tuple[str, set[str]]], documents: set[str]) -> list[Question]:
    questions = [Question(kind, text, frozenset(pages & documents)) for text, pages in asked]
    return [question for question in questions if question.documents]


def _faq(page: Path) -> Iterator[tuple[Document, Question]]:
    """Each entry as a page of its own, under the headings above it and without its own."""
    soup = BeautifulSoup(page.read_bytes(), "lxml")
    for section in soup.find_all("section"):
        heading = section.find(re.compile("^h[1-6]$"), recursive=False)
        if section.find("section") or heading is None or not (question := _words(heading)).endswith("?"):
            continue
        above = [_words(heading) for heading in _above(section)]
        heading.decompose()
        body = "".join(f"<h{level}>{title}</h{level}>" for level, title in enumerate(above, 1)) + str(section)
        name = f"faq/{page.stem}#{section['id']}"
        yield Document(name, body.encode()), Question("faq", question, frozenset({name}))


def _above(section: Tag) -> list[Tag]:
    headings = [heading.find(re.compile("^h[1-6]$"), recursive=False) for heading in section.find_parents("section")]
    return [heading for heading in reversed(headings) if heading is not None]


def _words(tag: Tag) -> str:
    return " ".join(tag.get_text().replace("\u00b6", "").split())


def _glossary(page: Path) -> Iterator[tuple[str, set[str]]]:
    soup = BeautifulSoup(page.read_bytes(), "lxml")
    for term in soup.select("dt[id^=term-]"):
        definition = term.find_next_sibling("dd")
        if definition is not None and (first := definition.find("p")) is not None:
            sentence = re.split(r"(?<=[.!?])\s", _words(first), maxsplit=1)[0]
            if len(sentence.split()) > 3:
                yield sentence, _linked(definition.find_all("a"))


def _linked(links: Iterable[Any]) -> set[str]:
    """Return the pages that links lead to, as documents' ids."""
    return {str(link.get("href", "")).partition("#")[0].removesuffix(".html") for link in links} - {""}


def _index(page: Path) -> dict[str, set[str]]:
    """Entry -> pages, of the entries whose place an author marked with the index directive (#index-...)."""
    soup = BeautifulSoup(page.read_bytes(), "lxml")
    pages_of: dict[str, set[str]] = {}
    for item in soup.select("table.indextable li"):
        parent = item.find_parent("li")
        words = [_title(part) for part in (parent, item) if part is not None]
        links = [link for link in item.find_all("a", recursive=False) if "#index-" in link["href"]]
        if links and not _LISTS.intersection(words) and not any(_NAMES.search(word) for word in words):
            text = ", ".join(words)
            if len(text.replace(",", " ").split()) > 1:  # a single word is most often a name
                pages_of.setdefault(text, set()).update(_linked(links))
    return pages_of


def _title(item: Tag) -> str:
    """Return an entry's own words: those before its list of subentries, without the numbers of further links."""
    for child in item.children:
        if words := " ".join(child.get_text().split()):
            return words
    return ""
