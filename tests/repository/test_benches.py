"""tests/bench: every bench is listed with what it measures, and a name that is not there is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FACTS: dict[str, Any] = {
    "date": "2031-01-01",
    "machine": "a machine",
    "runs": 3,
    "projects": 1000,
    "objects": 17,
    "rows": [],
    "growth": [{"projects": 100}, {"projects": 1000}],
    "exponents": {"check": 0.98},
}


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test import what the benches import by name."""
    monkeypatch.syspath_prepend(ROOT / "tests/bench")


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    """Call the runner as the Makefile does."""
    return subprocess.run([sys.executable, "tests/bench", *words], cwd=ROOT, capture_output=True, text=True)


def test_the_list_has_a_line_for_every_program() -> None:
    programs = [file.stem for file in (ROOT / "tests/bench").glob("*.py") if "\nif __name__ ==" in file.read_text()]
    listed = bench()
    names = [line.split()[0] for line in listed.stdout.splitlines() if line and not line.startswith("make ")]
    assert listed.returncode == 0
    assert names == sorted(set(programs) - {"__main__"})
    assert all(len(line.split()) > 3 for line in listed.stdout.splitlines() if line)


def test_a_bench_is_run_with_its_flags() -> None:
    done = bench("check", "--help")
    assert (done.returncode, done.stderr) == (0, "+ .venv/bin/python tests/bench/check.py --help\n")
    assert done.stdout.startswith("usage: check.py")


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    done = bench("chekc")
    assert done.returncode == 2
    assert done.stderr.startswith('tests/bench: unknown bench "chekc"; choose one of: check, ')


def test_the_readmes_figures_are_those_that_were_measured() -> None:
    from beside.table import markdown

    text = (ROOT / "README.md").read_text()
    shown = text.split("<!-- speed: written by make bench -->\n")[1].split("<!-- end of speed -->")[0]
    measured = ROOT / "docs/speed/layer.json"
    assert shown == (markdown(json.loads(measured.read_text())) if measured.exists() else "")


def test_what_was_measured_is_written_beside_its_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import layer
    from beside.table import markdown

    for name, path in (("ROOT", tmp_path), ("FOLDER", tmp_path / "docs/speed")):
        monkeypatch.setattr(layer, name, path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("before\n" + "\n".join(layer.MARKS) + "\nafter\n")
    layer.write(FACTS, "<svg/>")
    layer.write(FACTS, "<svg/>")
    written = f"before\n{layer.MARKS[0]}\n{markdown(FACTS)}{layer.MARKS[1]}\nafter\n"
    assert (tmp_path / "README.md").read_text() == written
    assert json.loads((tmp_path / "docs/speed/layer.json").read_text()) == FACTS
    assert (tmp_path / "docs/speed/growth.svg").read_text() == "<svg/>"


def test_a_row_tells_the_ratio_and_what_the_other_tool_leaves_out() -> None:
    from beside.table import markdown, row

    ours, theirs = {"cpu": 0.002, "wall": 0.1, "peak": 90.0}, {"cpu": 0.1, "wall": 0.2, "peak": 40.0}
    text = markdown({**FACTS, "rows": [row("render", "helm", ours, theirs, "no sums")]})
    assert "| render | 2 ms | 100 ms | 50 | 90 and 40 MiB | helm; no sums |" in text
    assert "Over 100, 1,000 projects check grows with the number of projects to the power of 0.98." in text


def test_the_exponent_is_the_power_of_the_size() -> None:
    from beside.table import exponent

    assert exponent([(100, 2.0), (1000, 20.0), (10000, 200.0)]) == pytest.approx(1)
    assert exponent([(10, 3.0), (100, 300.0)]) == pytest.approx(2)


def test_the_picture_names_each_line_and_is_a_picture() -> None:
    from xml.etree import ElementTree

    from beside.growth import svg

    drawn = ElementTree.fromstring(svg({"check": [(100, 0.4), (1000, 3)], "a < b": [(100, 1), (1000, 1)]}, "a & b"))
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"check", "a < b", "a & b", "100", "1,000", "1 s"} <= set(texts)


def test_values_that_differ_are_found_and_put_into_a_chart(tmp_path: Path) -> None:
    from beside.helm import write_chart, write_values
    from beside.objects import expansion

    for name, size in (("a", 1), ("b", 2)):
        folder = tmp_path / f"projects/{name}/rendered"
        folder.mkdir(parents=True)
        folder.joinpath("x.yaml").write_text(
            f"kind: K\nmetadata: {{name: {name}, labels: {{of: {name}, all: x}}}}\nn: {size}\n"
        )
    expected = expansion(tmp_path, ["a", "b"])
    assert expected.varying == {
        "value0": [(0, ("metadata", "name")), (0, ("metadata", "labels", "of"))],
        "value1": [(0, ("n",))],
    }
    write_chart(tmp_path / "chart", expected)
    write_values(tmp_path / "values.json", expected, ["b"])
    chart = (tmp_path / "chart/templates/project.yaml").read_text()
    assert "  name: {{ .value0 | toJson }}\n" in chart
    assert "    all: x\n" in chart
    assert json.loads((tmp_path / "values.json").read_text()) == {"projects": [{"value0": "b", "value1": 2}]}


def test_projects_of_another_shape_are_refused(tmp_path: Path) -> None:
    from beside.objects import expansion

    for name, more in (("a", ""), ("b", "more: 1\n")):
        folder = tmp_path / f"projects/{name}/rendered"
        folder.mkdir(parents=True)
        folder.joinpath("x.yaml").write_text(f"kind: K\nmetadata: {{name: {name}}}\n{more}")
    with pytest.raises(ValueError, match="b renders to other fields"):
        expansion(tmp_path, ["a", "b"])
