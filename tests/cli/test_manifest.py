"""`dac manifest` writes what a pipeline's `source` may be, and refuses what no manifest can be called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_help(dac: Callable, golden: Callable[[Path, bytes], None]) -> None:
    done = dac("manifest", "--help", COLUMNS="80")
    golden(Path(__file__).with_name("manifest.help"), done.stdout.encode())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("to", ["docs/manifest.jsonl", "s3://docs/", "s3://docs/.jsonl", "s3://docs/manifest.json"])
def test_what_is_no_address_of_a_manifest(dac: Callable, example_tree: Path, to: str) -> None:
    done = dac("manifest", ".", "--to", to, cwd=example_tree)
    assert done.stderr == f'Error: --to "{to}" is not a manifest\'s address; write s3://BUCKET/NAME.jsonl\n'
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.image
def test_a_folder_by_the_real_program(dac: Callable, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("---\ntitle: First\n---\ntext")
    (tmp_path / "docs/logo.png").write_bytes(b"\x89PNG")
    (tmp_path / "bindings.yaml").write_text(json.dumps({"endpoints": {"objects": f"file://{tmp_path}/objects"}}))
    words = ["--to", "s3://b/m.jsonl", "--bindings", tmp_path / "bindings.yaml"]
    done = dac("manifest", tmp_path / "docs", *words, "--exclude", "old/")
    assert done.stdout.splitlines() == [
        "s3://b/m.jsonl: 1 document, 1 with a title; 1 added",
        "skipped: 1, no reader reads .png: logo.png",
        'no document fits the pattern "old/"',
    ]
    assert (done.returncode, done.stderr) == (0, "")
    row = json.loads((tmp_path / "objects/b/m.jsonl").read_text())
    assert (row["id"], row["uri"], row["title"]) == ("a.md", "s3://b/m/a.md", "First")
    refused = dac("manifest", tmp_path / "none", *words)
    assert refused.stderr == f"{tmp_path}/none: there is no such folder\n"
    assert refused.returncode == 1
