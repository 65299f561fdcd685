"""The caches of memoized templates outlive a run, with their artifacts; a `data` template lists a bucket's folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from dac import run
from runner_harness import sources
from workflows import leaf, workflow

MADE = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}], "artifacts": [{"name": "a", "path": "/tmp/o"}]}


def memoized(key: str, word: str, **memoize: str) -> str:
    cache = {"key": key, "cache": {"configMap": {"name": "cache"}}, **memoize}
    return workflow([leaf(f"echo {word} > /tmp/o", outputs=MADE, memoize=cache)])


def once(text: str, state: Path, name: str) -> dict[str, Any]:
    """Return the only node of a run of that name."""
    source, documents, images = sources(text)
    given = run.of_objects([document.data for document in documents], "default")
    operation, _ = run.run(source, run.Request(state, given, images, name=name))
    node: dict[str, Any] = run.result(operation)["nodes"][0]
    return node


def test_another_run_has_the_outputs_of_an_earlier_one(tmp_path: Path) -> None:
    assert once(memoized("k", "first"), tmp_path, "one")["parameters"] == {"o": "first"}
    node = once(memoized("k", "second"), tmp_path, "two")
    assert (node["phase"], node["parameters"]) == ("Succeeded", {"o": "first"})
    kept = tmp_path / "runs/two/artifacts" / node["artifacts"]["a"]
    assert kept.read_text() == "first\n"


@pytest.mark.parametrize(
    ("memoize", "parameters"),
    [({"maxAge": "1h"}, "first"), ({"maxAge": "0s"}, "second"), ({"maxAge": "1ns"}, "second"), ({}, "first")],
)
def test_an_entry_counts_for_as_long_as_it_may(memoize: dict[str, str], parameters: str, tmp_path: Path) -> None:
    once(memoized("k", "first"), tmp_path, "one")
    assert once(memoized("k", "second", **memoize), tmp_path, "two")["parameters"] == {"o": parameters}


@pytest.mark.parametrize(
    ("key", "memoize", "message"),
    [
        ("no key", {}, "invalid cache key: no key"),
        ("../k", {}, "invalid cache key: ../k"),
        ("k", {"maxAge": "long"}, 'invalid maxAge: time: invalid duration "long"'),
    ],
)
def test_a_key_or_an_age_that_cannot_be_is_an_error(
    key: str, memoize: dict[str, str], message: str, tmp_path: Path
) -> None:
    node = once(memoized(key, "x", **memoize), tmp_path, "one")
    assert (node["phase"], node["message"]) == ("Error", message)


def test_an_entry_whose_artifacts_are_gone_is_made_anew(tmp_path: Path) -> None:
    once(memoized("k", "first"), tmp_path, "one")
    shutil.rmtree(tmp_path / "runs/one")
    assert once(memoized("k", "second"), tmp_path, "two")["parameters"] == {"o": "second"}


def test_a_cache_cannot_lead_out_of_the_state_folder(tmp_path: Path) -> None:
    text = memoized("k", "x").replace("name: cache", "name: ../../cache")
    with pytest.raises(run.Refused, match="cannot be the name of an object"):
        sources(text)
    node = once(memoized("k", "x").replace("name: cache", "name: '{{=\"../../\" + workflow.name}}'"), tmp_path, "one")
    assert (node["phase"], node["message"]) == ("Error", "invalid cache name: ../../one")


@pytest.mark.parametrize(
    ("key", "steps", "phase", "result"),
    [
        ("in", [], "Succeeded", ["in/a.csv", "in/b.txt", "in/deep/c.csv"]),
        ("in/", [], "Succeeded", ["in/a.csv", "in/b.txt", "in/deep/c.csv"]),
        ("", [], "Succeeded", ["in/a.csv", "in/b.txt", "in/deep/c.csv"]),
        ("in/deep", [], "Succeeded", ["in/deep/c.csv"]),
        (
            "in",
            ["filter(data, {# endsWith '.csv'})", "map(data, {# + '!'})"],
            "Succeeded",
            ["in/a.csv!", "in/deep/c.csv!"],
        ),
        ("in", ["len(data)"], "Succeeded", 3),
        ("in", ["filter(data, {# + 1})"], "Failed", None),
        ("none", [], "Failed", None),
    ],
)
def test_a_data_template_lists_what_lies_below_a_key(
    key: str, steps: list[str], phase: str, result: Any, tmp_path: Path
) -> None:
    for name in ("b.txt", "a.csv", "deep/c.csv"):
        file = tmp_path / "objects/bucket/in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    source = {"artifactPaths": {"name": "files", "s3": {"bucket": "bucket", **({"key": key} if key else {})}}}
    data = {"source": source, "transformation": [{"expression": step} for step in steps]}
    node = once(workflow([{"name": "main", "data": data}]), tmp_path, "one")
    assert node["phase"] == phase, node
    assert json.loads(node["result"] or "null") == result
