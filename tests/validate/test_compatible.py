"""A standard only grows: this branch is compared with its base, and each kind of breaking edit is refused."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dac.load import load_repository
from dac.load.history import HistoryError, export, merge_base, resolve
from dac.model import Repository
from dac.validate import breaking_edits

FEATURES = Path(__file__).parents[1] / "cases" / "rendered" / "features"


def base_of(root: Path) -> str:
    """Return the commit that this branch grew from: of DAC_BASE, of the pull request's base, or of main."""
    named = os.environ.get("DAC_BASE") or (f"origin/{ref}" if (ref := os.environ.get("GITHUB_BASE_REF")) else "")
    if named:
        return merge_base(root, "HEAD", resolve(root, named))
    for name in ("origin/main", "main", "HEAD"):
        try:
            return merge_base(root, "HEAD", resolve(root, name))
        except HistoryError:
            continue
    raise HistoryError("this tree has no commit yet")


def loaded(folder: Path) -> Repository:
    return load_repository(folder, [])[0]


def test_this_branch_breaks_no_standard_of_its_base(root: Path, tmp_path: Path) -> None:
    if not (root / ".git").exists():
        pytest.skip("not a clone: there is no base branch to compare with")
    for name in ("standards", "projects"):
        (tmp_path / name).mkdir()
    export(root, base_of(root), ["standards"], tmp_path)
    assert [str(f) for f in breaking_edits(loaded(tmp_path), loaded(root))] == []


def test_this_branch_writes_no_file_that_a_revert_of_it_could_not_read(root: Path, tmp_path: Path) -> None:
    """images/contracts/README.md: a new version of what outlives a run is read by one release before it is written."""
    if not (root / ".git").exists():
        pytest.skip("not a clone: there is no base branch to compare with")
    (tmp_path / "images").mkdir()
    export(root, base_of(root), ["images/contracts"], tmp_path)
    checked = []
    for file in sorted((root / "images/contracts").glob("*.schema.json")):
        asked = version_in(file)
        former = tmp_path / "images/contracts" / file.name
        if asked.get("x-outlives") and former.exists() and (read := version_in(former)):
            written = asked.get("const", asked.get("default"))
            assert written in [read.get("const"), *read.get("enum", [])], file.name
            checked.append(file.name.partition(".")[0])
    assert {"receipt", "scorecard", "tokens", "versions"} <= set(checked)


def version_in(file: Path) -> dict[str, Any]:
    """Return what a contract says of its version: of a Parquet file beside the schema of its rows."""
    schema = json.loads(file.read_bytes())
    return schema.get("x-version") or schema.get("properties", {}).get("version", {})


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., list[str]]:
    """Edits standard.yaml of a copy of a small tree by replacing texts; gives what that breaks."""

    def edit(*replacements: tuple[str, str]) -> list[str]:
        shutil.copytree(FEATURES, tmp_path / "tree")
        file = tmp_path / "tree" / "standards" / "copying" / "v1" / "standard.yaml"
        text = file.read_text()
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text)
        return [str(f) for f in breaking_edits(loaded(FEATURES), loaded(tmp_path / "tree"))]

    return edit


AT = "standards/copying/v1/standard.yaml"
BACK = (
    "put it back, and make the change in a version beside this one, with a migration.yaml for dac migrate "
    "[standard.breaking]"
)


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        (
            [("    times: {type", "    time: {type")],
            [f'{AT}:8:3: error: copying@v1: decision "times" is gone, or is now "time"; {BACK}'],
        ),
        (
            [("    schedule: {description: when, x-catalog: schedules, default: on-demand}\n", "")],
            [f'{AT}:8:3: error: copying@v1: decision "schedule" is gone; {BACK}'],
        ),
        (
            [("required: [from]", "required: [from, times]")],
            [
                f'{AT}:7:3: error: copying@v1: decision "times" was optional, or was not there, and is required now; '
                "leave it optional, with a default [standard.breaking]"
            ],
        ),
        (
            [("times: {type: integer", "times: {type: string")],
            [f'{AT}:11:13: error: copying@v1: decision "times" can no more be integer; {BACK}'],
        ),
        (
            [("times: {type: integer", "times: {type: integer, enum: [1, 2]")],
            [f'{AT}:11:28: error: copying@v1: decision "times" can no more be what is not listed; {BACK}'],
        ),
        (
            [("times: {type: integer", "times: {type: integer, maximum: 9")],
            [
                f'{AT}:11:28: error: copying@v1: decision "times" is bounded more tightly: maximum is 9, and was '
                f"unbounded; {BACK}"
            ],
        ),
        (
            [("x-catalog: sizes", "x-catalog: words")],
            [f"""{AT}:10:57: error: copying@v1: decision "size" is now a name of the catalog's "words"; {BACK}"""],
        ),
        (
            [("  owner: {value", "  owners: {value")],
            [f'{AT}:13:1: error: copying@v1: argument "owner" is gone, or is now "owners"; {BACK}'],
        ),
    ],
)
def test_a_breaking_edit_is_refused(
    edited: Callable[..., list[str]], edits: list[tuple[str, str]], expected: list[str]
) -> None:
    assert edited(*edits) == expected


@pytest.mark.parametrize(
    "edits",
    [
        [("default: 2", "default: 3")],
        [("    times: {", "    more: {type: string, default: x}\n    times: {")],
        [("required: [from]", "required: []")],
        [("times: {type: integer", "times: {type: [integer, string]")],
        [("summary: a copy of something", "summary: something else")],
        [("  owner: {value", '  extra: {value: \'"x"\', pattern: "^x$", description: new}\n  owner: {value')],
    ],
)
def test_growth_is_not(edited: Callable[..., list[str]], edits: list[tuple[str, str]]) -> None:
    assert edited(*edits) == []


@pytest.mark.parametrize(("addresses", "broken"), [("^s3://.+$", 0), ("^s3://docs/.+$", 1)])
def test_a_name_of_the_catalog_beside_the_addresses_that_were_taken_is_growth(
    edited: Callable[..., list[str]], addresses: str, broken: int, tmp_path: Path
) -> None:
    edited()
    former, present = loaded(tmp_path / "tree"), loaded(tmp_path / "tree")
    for tree, schema in ((former, {"pattern": "^s3://.+$"}), (present, {"x-catalog": "sizes", "x-address": addresses})):
        next(iter(tree.standards.values())).decisions["properties"]["words"] = {"type": "string", **schema}
    assert len(breaking_edits(former, present)) == broken


def test_a_standard_that_is_gone(tmp_path: Path) -> None:
    shutil.copytree(FEATURES, tmp_path / "tree")
    shutil.rmtree(tmp_path / "tree" / "standards" / "copying")
    edits = [str(f) for f in breaking_edits(loaded(FEATURES), loaded(tmp_path / "tree"))]
    assert edits == [
        f"{AT}:1:1: error: copying@v1 is gone, and pipelines may use it; put it back [standard.breaking]",
    ]
