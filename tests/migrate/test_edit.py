"""A decisions.yaml that is moved stays what people wrote, but for the lines that the move is about."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
from dac.load import load_repository
from dac.load.document import parse_yaml
from dac.migrate import edited, newest, route
from dac.model import StandardRef

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"
VALID = ROOT / "tests" / "cases" / "valid"
STANDARDS = load_repository(ROOT, [])[0].standards
V1 = StandardRef("rag-indexing", "v1")
V2 = StandardRef("rag-indexing", "v2")


def moved(data: bytes) -> bytes:
    """Return a decisions.yaml with every pipeline of v1 moved to v2."""
    pipelines = parse_yaml(data, "decisions.yaml")[0].data["pipelines"]
    named = [name for name, pipeline in pipelines.items() if pipeline["standard"] == str(V1)]
    return edited(data, {name: route(V1, V2, STANDARDS) for name in named})


def texts() -> list[Path]:
    """Return the cases, and every valid decisions.yaml that the tool's other tests have."""
    return sorted([*CASES.glob("*/decisions.yaml"), *VALID.glob("*/decisions.yaml")])


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_what_becomes_of_it(case: str, golden: Callable[[Path, bytes], None]) -> None:
    golden(CASES / case / "expected.yaml", moved((CASES / case / "decisions.yaml").read_bytes()))


@pytest.mark.parametrize("path", texts(), ids=lambda path: f"{path.parents[1].name}-{path.parent.name}")
def test_it_says_the_same_in_the_words_of_v2(path: Path) -> None:
    data = path.read_bytes()
    wanted = parse_yaml(data, "decisions.yaml")[0].data
    for pipeline in wanted["pipelines"].values():
        if pipeline["standard"] == str(V1):
            decided = STANDARDS[V2].migration.applied(pipeline)
            assert decided["sources"] == {"main": pipeline["source"]}
            pipeline.clear()
            pipeline |= {**decided, "standard": str(V2)}
    document, findings = parse_yaml(moved(data), "decisions.yaml")
    assert (document.data, findings) == (wanted, [])


@pytest.mark.parametrize(
    "path",
    [path for path in texts() if path.parent.name != "flow-style"],  # what is in braces comes onto one line
    ids=lambda path: f"{path.parents[1].name}-{path.parent.name}",
)
def test_a_line_that_the_move_is_not_about_stays_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    before, after = data.splitlines(keepends=True), moved(data).splitlines(keepends=True)
    gone = {line for line in difflib.ndiff(list(map(repr, before)), list(map(repr, after))) if line.startswith("- ")}
    assert [line for line in gone if "standard" not in line and "s3://" not in line and "source" not in line] == []


def test_a_version_without_a_migration_is_not_left() -> None:
    assert newest(V1, STANDARDS) == V2
    assert newest(V2, STANDARDS) == V2
    assert newest(StandardRef("eval-suite", "v1"), STANDARDS) == StandardRef("eval-suite", "v1")
