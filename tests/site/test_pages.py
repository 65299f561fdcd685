"""The pages from facts: whatever a text holds is shown as it is, links stay within, headings are in order."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from dac.model import Finding, Location, Reason, Rule
from dac.site import (
    Decision,
    Pages,
    PipelinePage,
    ProjectPage,
    Run,
    Score,
    Site,
    StandardPage,
    Team,
    Waiver,
    page_name,
    picture,
)
from sweep import some

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "javascript:alert(1)",
    "[click](javascript:alert(1))",
    "{{ 7 * 7 }}{% raw %}",
    "-->]]><!--",
    "\u202egnp.exe\u2066",
    "a\x00b\x1b[31mc\r\nd",
    "\udcff\udc80",
    "&lt;b&gt; &amp;amp;",
    "`</code><script>alert(1)</script>`",
    "`<script>alert(1)</script>",
    "../../etc/passwd",
    "x" * 3000,
    "",
]


def site_of(text: str) -> Site:
    """Return facts in which every text is the same."""
    decision = Decision(text, text, text, False)
    run = Run(text, text, text, text, text, text, True, (text,), (text, text))
    pipeline = PipelinePage(
        text,
        text,
        text,
        text,
        text,
        text,
        text,
        text,
        (decision,),
        text,
        text,
        True,
        text,
        (run, run),
        (Score(text, text, text, text, {text: 0.5}), Score(text, text, text, "fail", {"b": 0.25})),
    )
    finding = Finding(Location(text, 1, 2), text, text, text)
    projects = {text: ProjectPage(text, text, (pipeline, replace(pipeline, runs=()))),
                f"{text}2": ProjectPage(f"{text}2", "", (), (finding,))}  # fmt: skip
    drawing = picture({"entrypoint": "main", "templates": [{"name": "main", "dag": {"tasks": [{"name": text}]}}]}, text)
    standard = StandardPage(text, text, text, ((text,) * 5,), ((text, text),), drawing, (text,) * 3, ((text,) * 3,))
    rule = Rule(text, text, text, (Reason(text, text, text, text, "warning", text),))
    return Site(
        text, text, text, projects, {text: standard}, (rule,), (Team(text, text, text, ((text, text),)),),
        (Waiver(text, text, text, text, text, text),), ((text,) * 10,), text, (text,), "<svg/>",
    )  # fmt: skip


def files_of(site: Site) -> dict[str, bytes]:
    pages = Pages(site)
    return pages.shared() | dict(pages.project(project) for project in pages.projects)


class Reader(HTMLParser):
    """Collects what a browser would meet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("text", some(HOSTILE, 5), ids=lambda text: ascii(text)[:24])
def test_no_text_is_more_than_text(text: str) -> None:
    elements = {
        path: Reader(data.decode()) for path, data in files_of(site_of("plain")).items() if path.endswith("html")
    }
    for path, data in files_of(site_of(text)).items():
        if not path.endswith("html"):
            continue
        page = data.decode()
        assert page.replace("\n", "").isprintable(), path
        reader = Reader(page)
        assert reader.all("script") == [{"src": f"{'../' * path.count('/')}filter.js", "defer": None}]
        events = [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
        assert events == [], path
        if path in elements:  # the same elements, whatever the text is, but where an empty one leaves some out
            assert {tag for tag, _ in reader.tags} <= {tag for tag, _ in elements[path].tags} | {"code", "br"}


@pytest.mark.parametrize("text", some(["plain", *HOSTILE], 4), ids=lambda text: ascii(text)[:24])
def test_every_link_leads_to_a_page_or_a_part_of_the_site(text: str) -> None:
    files = files_of(site_of(text))
    readers = {path: Reader(data.decode()) for path, data in files.items() if path.endswith("html")}
    ids = {path: Counter(a["id"] for _, a in reader.tags if "id" in a) for path, reader in readers.items()}
    for path, reader in readers.items():
        for name in ("href", "src"):
            for link in (attributes[name] for _, attributes in reader.tags if name in attributes):
                file, _, part = str(link).partition("#")
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
                assert re.fullmatch(r"(\.\./)?[a-z0-9_./-]*(#[a-z0-9_-]+)?", str(link)), link
                assert target in files, (path, link)
                assert not part or part in ids[target], (path, link)


def test_headings_go_down_one_level_at_a_time_and_ids_are_unique() -> None:
    site = site_of("plain")
    site = replace(
        site, projects={"plain": replace(site.projects["plain"], pipelines=site.projects["plain"].pipelines[:1])}
    )
    for path, data in files_of(site).items():
        if not path.endswith("html"):
            continue
        reader = Reader(data.decode())
        levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), path
        assert [i for i, n in Counter(a["id"] for _, a in reader.tags if "id" in a).items() if n > 1] == [], path
        assert reader.all("html")[0]["lang"] == "en"
        assert all(scope.get("scope") in ("row", "col") for scope in reader.all("th"))
        assert len(reader.all("caption")) == len(reader.all("table"))
        assert {"header", "main", "footer", "nav"} <= {tag for tag, _ in reader.tags}


def test_the_same_facts_give_the_same_bytes() -> None:
    assert files_of(site_of("same")) == files_of(site_of("same"))


def test_a_name_that_a_file_system_or_an_address_would_change_gets_a_digest() -> None:
    names = ["docs", "Docs", "docs ", "a/b", "..", "_" + "0" * 16, "docs.html", "é", "\udcff", "x" * 101, ""]
    pages = [page_name(name) for name in names]
    assert pages[0] == "docs"
    assert len(set(pages)) == len(names)
    assert all(re.fullmatch("_[0-9a-f]{16}", page) for page in pages[1:])


def test_unknown_is_said_and_nothing_is_invented() -> None:
    site = site_of("plain")
    pipeline = replace(site.projects["plain"].pipelines[0], state="", why="", trouble=False, served="", runs=())
    site = replace(
        site, projects={"plain": ProjectPage("plain", "plain", (pipeline,))}, runs="No runs were looked for."
    )
    files = files_of(site)
    assert "No run of it is known. No runs were looked for." in Reader(files["projects/plain.html"].decode()).text
    assert "not known" in Reader(files["index.html"].decode()).text
    for receipt, words in (
        (False, "none that can be read, so verdicts and cost are not known"),
        (True, "the receipt does not say"),
    ):
        ran = replace(pipeline, runs=(Run("r", "Failed", "", "", "", "", receipt),))
        files = files_of(replace(site, projects={"plain": ProjectPage("plain", "plain", (ran,))}))
        assert words in files["projects/plain.html"].decode()
