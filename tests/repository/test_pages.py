"""Every page of the repository: its links and paths lead somewhere; docs/review.md knows every class of finding."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.splitlines()
PAGES = [path for path in TRACKED if path.endswith(".md") and (ROOT / path).is_file()]
# Pages speak of the example projects; who has deleted them has an empty projects/.
TOPS = {path.split("/")[0] for path in TRACKED if (ROOT / path).is_file()} - (
    set() if list(ROOT.glob("projects/*/decisions.yaml")) else {"projects"}
)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
FILE = re.compile(r"(?<![\w./$<>{}*-])(?:[\w.*-]+/)+[\w.*-]+")
LINK = re.compile(r"\]\(([^)\s]+)\)")
GENERATED_WITHOUT_ITS_TREE = "tests/cases/"  # a case holds only the files that it is about


def links(page: str) -> Iterator[str]:
    """Return the targets of a page's links that are not addresses, in its prose."""
    prose = CODE.sub("", (ROOT / page).read_text())
    return (target for target in LINK.findall(prose) if not re.match(r"[a-z]+:", target))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith(GENERATED_WITHOUT_ITS_TREE)])
def test_links_lead_somewhere(page: str) -> None:
    broken = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_paths_that_a_page_names_are_there(page: str) -> None:
    """README's recipes make files, and `my-...` is an example's name; both are left out."""
    text = (ROOT / page).read_text().split("## To add a ...")[0]
    named = {path.rstrip(".") for code in CODE.findall(text) for path in FILE.findall(code)}
    own = {path for path in named if path.split("/")[0] in TOPS and "/my-" not in path}
    folders = [ROOT, (ROOT / page).parent]
    assert [path for path in sorted(own) if not any(list(folder.glob(path)) for folder in folders)] == []


def test_the_page_for_reviewers_has_every_class_of_finding() -> None:
    expected = (ROOT / "tests/cases").glob("*/*/expected.txt")
    codes = {
        code for path in expected for code in re.findall(r"\[([a-z_]+)\.[a-z_]+\]$", path.read_text(), re.MULTILINE)
    }
    rules = {path.parent.name for path in (ROOT / "policy").glob("*/*.rego")}
    listed = set(re.findall(r"`([a-z_]+)\.", (ROOT / "docs/review.md").read_text()))
    assert len(codes) > 10, "no codes found: has the format of findings changed?"
    assert codes - rules - listed == set()
