"""The report in headless Chromium: on a desk and on a phone, light and dark, by keyboard and for a screen reader."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import CONTRAST, SQUEEZED, Page, browser
from scoring import compared, next_run, sample, scored
from world import World

EVIL = "</pre><script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("chromium")) as chromium:
        yield chromium


@pytest.fixture
def report(world: World) -> Path:
    """A report with regressions, better ones, failures, text that would like to be markup, and long words."""
    scored(world, [n % 10 > 0 for n in range(300)], "exact_match,token_f1,bleu")
    world.set(ACCEPT="baseline")  # a person accepts the first version
    compared(world)
    world.run("annotate")
    next_run(world, 2)
    world.set(ACCEPT="")
    world.dataset([sample(n) for n in range(300)])
    world.set(ENDPOINT={"name": "docs", "model": "m-3"})
    world.load()
    texts = [f"w{n}" if n % 10 > 2 or n == 0 else (EVIL if n == 1 else "x" * 400) for n in range(300)]
    world.answers([{"id": f"q{n}", "text": text} if n != 50 else {"id": "q50", "error": "HTTP 500"}
                   for n, text in enumerate(texts)])  # fmt: skip
    world.run("score")
    compared(world)
    world.run("report")
    return world.path(f"{world.root}/report.html")


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (320, "dark")]
)
def test_it_fits_and_can_be_read(page: Page, report: Path, tmp_path: Path, width: int, scheme: str) -> None:
    page.open(report, width, 844, scheme)
    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run(CONTRAST) == []
    assert page.run(SQUEEZED) == []
    assert (
        page.run("getComputedStyle(document.body).backgroundColor")
        == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)"}[scheme]
    )
    page.picture(tmp_path / "report.png")
    assert (tmp_path / "report.png").stat().st_size > 20_000


def test_it_needs_nothing_and_runs_nothing_that_a_model_said(page: Page, report: Path) -> None:
    page.open(report, 1280, 844, "light")
    asked = [
        event["params"]["request"]["url"] for event in page.events if event["method"] == "Network.requestWillBeSent"
    ]
    assert asked == [report.as_uri()]
    assert page.run("document.title") == "team-docs/answers: fail"
    assert page.run("document.querySelectorAll('.sample img, .sample script').length") == 0
    assert EVIL in page.run("document.querySelector('#list').textContent")
    assert [event for event in page.events if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")] == []


def shown(page: Page) -> list[str]:
    return list(
        page.run("[...document.querySelectorAll('li.sample:not([hidden]) h3')].map((n) => n.firstChild.data.trim())")
    )


def test_the_keyboard_reaches_and_filters_everything(page: Page, report: Path) -> None:
    page.open(report, 1280, 844, "light")
    order = []
    for _ in range(4):
        page.key("Tab", 9)
        order.append(page.run("document.activeElement.id || document.activeElement.className"))
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert order == ["skip", "scroll", "find", "kind"]
    page.run("document.getElementById('find').focus()")
    page.type("owned")
    assert shown(page) == ["q1"]
    assert page.run("document.getElementById('count').textContent") == "1 shown"
    page.run("document.getElementById('find').value = ''; document.getElementById('kind').focus()")
    page.key("ArrowDown", 40)
    assert page.run("document.getElementById('kind').value") == "worse"
    assert len(shown(page)) == 60
    page.key("End", 35)
    assert page.run("document.getElementById('kind').value") == "failed"
    assert shown(page) == ["q50"]


def test_what_a_screen_reader_meets(page: Page, report: Path) -> None:
    page.open(report, 1280, 844, "light")
    met = page.accessible()
    for wanted in (
        ("link", "Skip to the samples"), ("heading", "team-docs/answers"), ("main", ""), ("heading", "Scorecard"),
        ("columnheader", "Difference"), ("rowheader", "exact_match"), ("searchbox", "Text"), ("combobox", "Show"),
        ("search", "Filter the samples"), ("status", ""), ("heading", "m-3"), ("heading", "Baseline: m-2"),
    ):  # fmt: skip
        assert wanted in met, wanted
    assert [name for role, name in met if role == "image"]
    assert all(name for role, name in met if role == "image")
    levels = page.run("[...document.querySelectorAll('h1,h2,h3,h4')].map((n) => +n.tagName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.run("document.documentElement.lang") == "en"


def test_regressions_come_first(page: Page, report: Path) -> None:
    page.open(report, 1280, 844, "light")
    assert shown(page)[0] == "q1"
    rows = page.run(
        "[...document.querySelector('tbody').rows].map((n) => n.cells[0].textContent + ' ' + n.cells[4].className)"
    )
    assert rows[0].endswith(" fail")
    assert sorted(rows) == ["bleu pass", "exact_match fail", "token_f1 fail"]


def test_markdown(world: World, report: Path) -> None:
    text = world.path(f"{world.root}/report.md").read_text()
    comparison: dict[str, Any] = world.json(f"{world.root}/comparison.json")
    lines = text.splitlines()
    assert lines[0] == "## team-docs/answers: fail"
    assert lines[2] == comparison["reason"].replace("_", "\\_")
    assert "| metric | value | baseline | difference | verdict |" in lines
    assert any(line.startswith("| exact_match | 0.7") and line.endswith("| fail |") for line in lines)
