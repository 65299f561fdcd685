"""The pages in headless Chromium: on a phone and on a desk, light and dark, by keyboard and for a screen reader."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "images/eval/tests"))  # its browser

from browser import CONTRAST, SQUEEZED, Page, browser

pytestmark = pytest.mark.image  # starts Chromium, which not every machine has

EVIL = "</dd><script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">"
# Texts of a drawing that stand out of the box that is before them.
OUTSIDE = """
[...document.querySelectorAll("svg.dag text")].filter((text) => {
  let box = text.previousElementSibling;
  while (box.tagName !== "rect") box = box.previousElementSibling;
  const [inner, outer] = [text.getBBox(), box.getBBox()];
  return inner.x < outer.x || inner.x + inner.width > outer.x + outer.width || inner.y < outer.y ||
    inner.y + inner.height > outer.y + outer.height;
}).map((text) => text.textContent)
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("chromium")) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, example_tree: Path, dac: Callable[..., subprocess.CompletedProcess[str]]
) -> Path:
    """Return the pages of one project a standard, of one with errors, and of runs whose words are markup."""
    folder = tmp_path_factory.mktemp("pages")
    tree = folder / "tree"
    shutil.copytree(example_tree, tree)
    broken = tree / "projects" / "<img src=x onerror=alert(1)>"
    broken.mkdir()
    (broken / "decisions.yaml").write_text(f"{'k' * 200}: <script>\n'</script>': \"\\u202e\"\n")
    run: dict[str, Any] = {
        "version": 2, "project": "search", "status": "Succeeded", "finished": "2027-03-26T10:00:00Z", "seconds": 90,
        "cost": {"usd": 1.25}, "verdicts": {EVIL: EVIL, "w" * 300: True}, "served": {"what": EVIL, "run": EVIL},
    }  # fmt: skip
    for pipeline in [line.strip(" :") for line in (tree / "projects/search/decisions.yaml").read_text().splitlines()]:
        receipts = folder / "receipts/search" / pipeline / "receipts"
        if pipeline.isidentifier():
            receipts.mkdir(parents=True)
            for number, name in enumerate(("one", "two", EVIL)):
                scored = {"metrics": {f"metric_{n}": 0.5 + 0.03 * n * number for n in range(7)} | {EVIL: 0.4}}
                facts = {"pipeline": pipeline, "run": name, "inputs": {"model": EVIL}, "results": scored}
                (receipts / f"{number}.json").write_text(json.dumps(run | facts))
    command = ("site", "--out", folder / "site", "--receipts", folder / "receipts", "--at", "2027-03-26T12:00")
    result = dac(*command, cwd=tree)
    assert result.returncode == 0, result.stderr
    return folder / "site"


@pytest.mark.parametrize("width", [1280, 970, 390, 320])
def test_every_page_fits_and_can_be_read(page: Page, site: Path, width: int) -> None:
    paths = sorted(site.rglob("*.html"))
    assert len(paths) >= 12
    for path in paths:
        page.open(path, width, 844, "light")
        name = path.relative_to(site).as_posix()
        assert page.run("document.documentElement.scrollWidth") <= width, name
        assert page.run(SQUEEZED) == [], name
        assert page.run(OUTSIDE) == [], name
        grounds = []
        for scheme in ("light", "dark"):
            page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            assert page.run(CONTRAST) == [], (name, scheme)
            grounds.append(page.run("getComputedStyle(document.body).backgroundColor"))
        assert grounds == ["rgb(255, 255, 255)", "rgb(18, 23, 29)"], name
        assert page.run("document.title").endswith("Decisions as Code"), "a text of a decision or a run was run"
        asked = [event["params"]["request"]["url"] for event in page.events
                 if event["method"] == "Network.requestWillBeSent"]  # fmt: skip
        assert [url for url in asked if not url.startswith(site.as_uri())] == [], name
        trouble = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Network.loadingFailed")
        assert [event for event in page.events if event["method"] in trouble] == [], name


def test_texts_of_runs_and_names_are_shown_as_they_are(page: Page, site: Path) -> None:
    page.open(site / "projects/search.html", 1280, 844, "light")
    assert EVIL in page.run("document.body.textContent")
    page.open(site / "index.html", 1280, 844, "light")
    trouble = page.run("document.getElementById('attention').nextElementSibling.innerText")
    assert "<img src=x onerror=alert(1)>: 5 findings; it is not rendered" in trouble
    page.open(next(site.glob("projects/_*.html")), 390, 844, "dark")
    assert page.run("document.querySelector('h1').innerText") == "<img src=x onerror=alert(1)>"
    assert "unknown key" in page.run("document.getElementById('findings').parentElement.innerText")


def test_the_keyboard_reaches_everything_and_the_filter_hides_rows(page: Page, site: Path) -> None:
    page.open(site / "index.html", 1280, 844, "light")
    page.key("Tab", 9)
    assert page.run("document.activeElement.className") == "skip"
    assert page.run("document.activeElement.getBoundingClientRect().left") >= 0
    for _ in range(40):
        page.key("Tab", 9)
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if page.run("document.activeElement.type") == "search":
            break
    page.type("fine-tuning ext")
    shown = "[...document.querySelectorAll('#pipeline-table tbody tr')].filter((row) => row.offsetHeight).length"
    assert page.run(shown) == 1
    assert page.run("document.querySelector('output').textContent") == "1 of 4"


def test_without_scripts_every_row_is_there_and_no_filter(page: Page, site: Path) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.open(site / "index.html", 390, 844, "dark")
    met = page.accessible()
    page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert len([role for role, _ in met if role == "rowheader"]) == 8  # four pipelines, four standards
    assert "searchbox" not in {role for role, _ in met}


@pytest.mark.parametrize("width", [1280, 390])
def test_what_a_screen_reader_meets(page: Page, site: Path, width: int) -> None:
    page.open(site / "projects/search.html", width, 844, "light")
    met = page.accessible()
    for wanted in (
        ("link", "Skip to the content"), ("banner", ""), ("navigation", "Pages"), ("main", ""), ("contentinfo", ""),
        ("heading", "search"), ("heading", "Decisions"), ("columnheader", "Value"), ("rowheader", "embedding_model"),
        ("table", "What the team chose, and what it left to the standard"), ("heading", "What runs"),
    ):  # fmt: skip
        assert wanted in met, wanted
    images = [name for role, name in met if role == "image"]
    assert {name.split(",")[0] for name in images} == {
        "The steps of rag-indexing@v1: collect",
        "Scores of 3 runs of index: metric_0 0.500",
    }
