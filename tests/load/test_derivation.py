"""A version of a standard that is another one but for what it says: what is joined, and where each value stands."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from dac.load.standards import load_standards
from dac.model import Finding, Standard, StandardRef

TREE = Path(__file__).parents[1] / "cases" / "tree"
V1 = "standards/index/v1/standard.yaml"
V2 = "standards/index/v2/standard.yaml"
Loaded = Callable[..., Standard]


@pytest.fixture
def second(tmp_path: Path) -> Loaded:
    """Return what loads `index@v2` of texts, beside v1."""

    def load(standard: str = "", template: str = "") -> Standard:
        shutil.copytree(TREE, tmp_path, dirs_exist_ok=True)
        folder = tmp_path / "standards/index/v2"
        folder.mkdir()
        (folder / "standard.yaml").write_text(f"$from: v1\nversion: v2\n{standard}")
        (folder / "template.yaml").write_text(f"$from: v1\nmetadata: {{name: index-v2}}\n{template}")
        standards, _, findings = load_standards(tmp_path)
        assert findings == []
        return standards[StandardRef("index", "v2")]

    return load


def test_what_is_not_said_is_the_other_versions(second: Loaded) -> None:
    standard = second()
    assert standard.summary == "an index"
    assert list(standard.parameters) == ["source", "size", "notify"]
    assert standard.template.data["metadata"] == {"name": "index-v2"}
    assert standard.template.data["spec"]["entrypoint"] == "main"
    assert "$from" not in {*standard.document.data, *standard.template.data}


def test_a_value_stands_where_it_is_written(second: Loaded) -> None:
    document = second("decisions: {properties: {notify: {default: '#all'}}}\n").document
    assert str(document.at(("version",))) == f"{V2}:2:10"
    assert str(document.at(("summary",))) == f"{V1}:3:10"
    assert str(document.at(("decisions", "properties", "notify", "default"))) == f"{V2}:3:44"
    assert str(document.at_key(("decisions", "properties", "notify", "type"))) == f"{V1}:11:14"
    assert document.files == [V2, V1]


def test_null_takes_out_and_what_is_new_stands_first(second: Loaded) -> None:
    standard = second(
        "decisions: {properties: {notify: null, more: {type: string}}}\n"
        "parameters: {notify: {value: decisions.more}, size: null}\n"
    )
    assert list(standard.decisions["properties"]) == ["more", "source", "size"]
    assert list(standard.parameters) == ["source", "notify"]
    assert standard.parameters["notify"].description == "who hears of it"


def test_a_list_takes_the_place_of_the_other(second: Loaded) -> None:
    template = second("", "spec: {arguments: {parameters: [{name: other, value: text}]}}\n").template
    assert template.data["spec"]["arguments"]["parameters"] == [{"name": "other", "value": "text"}]
    pointers = [pointer for pointer in template.values if pointer[:3] == ("spec", "arguments", "parameters")]
    assert {template.file_of(pointer) for pointer in pointers} == {"standards/index/v2/template.yaml"}


def test_a_version_of_a_version_is_both(tmp_path: Path, second: Loaded) -> None:
    second("summary: the second\n")
    folder = tmp_path / "standards/index/v3"
    folder.mkdir()
    (folder / "standard.yaml").write_text("$from: v2\nversion: v3\n")
    (folder / "template.yaml").write_text("$from: v2\n")
    document = load_standards(tmp_path)[0][StandardRef("index", "v3")].document
    assert [str(document.at((key,))) for key in ("summary", "schedule")] == [f"{V2}:3:10", f"{V1}:25:11"]


def test_a_fault_of_one_version_is_told_once(tmp_path: Path, second: Loaded) -> None:
    second()
    (tmp_path / V1).write_text("name: [\n")
    standards, broken, findings = load_standards(tmp_path)
    assert StandardRef("index", "v2") in broken
    assert not [ref for ref in standards if ref.name == "index"]
    assert [type(finding) for finding in findings] == [Finding]
