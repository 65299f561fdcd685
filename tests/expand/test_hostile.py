"""A decision is text wherever it lands: it reaches its own argument unchanged, and changes nothing else."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac.expand import Emitter, Expander, content_hash
from dac.load import load_repository
from dac.model import Manifest
from hypothesis import given
from hypothesis import strategies as st

FEATURES = Path(__file__).parents[1] / "cases" / "rendered" / "features"
REPOSITORY = load_repository(FEATURES)[0]
EXPANDER = Expander(REPOSITORY)

HOSTILE = [
    "'; rm -rf / #",
    '"}},"image":"evil',
    "{{=toJson(workflow)}}",
    "{{workflow.parameters.size}}",
    "${catalog.words.place.text}",
    "$${x}",
    "a\nb: c\n---\nkind: ClusterRoleBinding",
    "- x\n- y",
    "!!python/object/apply:os.system ['id']",
    "&a [*a]",
    "\\u007b\\",
    "$(id) `id` |& tee",
    "\u2028\u0085\ufeff",
    "é\U0001f600",
    "yes",
    "",
    " ",
    "x" * 5000,
]


def manifest(decision: str) -> Manifest:
    """Return the CronWorkflow of first/plain with `from` decided so."""
    project = REPOSITORY.projects["first"]
    pipeline = project.pipelines["plain"]
    changed = replace(pipeline, decisions={**pipeline.decisions, "from": decision})
    manifests, findings = EXPANDER.project(replace(project, pipelines={"plain": changed}))
    assert findings == []
    return next(m for m in manifests if m.path.endswith("/pipelines/plain.yaml"))


def without_source(manifest: Any) -> Any:
    """Return the object with the argument and the hashes over it blanked."""
    blanked = copy.deepcopy(manifest)
    blanked["metadata"]["annotations"] = {}
    for argument in blanked["spec"]["workflowSpec"]["arguments"]["parameters"]:
        if argument["name"] in ("source", "content"):
            argument["value"] = ""
    return blanked


EXPECTED = without_source(manifest("s3://a/b").objects[0])


def check(decision: str) -> None:
    rendered = manifest(decision)
    read = yaml.load(Emitter().emit(rendered), yaml.CSafeLoader)
    assert read == rendered.objects[0]
    arguments = {a["name"]: a["value"] for a in read["spec"]["workflowSpec"]["arguments"]["parameters"]}
    assert arguments["source"] == decision
    assert without_source(read) == EXPECTED
    assert arguments["content"] == content_hash(read) == read["metadata"]["annotations"]["dac.dev/content"]


@pytest.mark.parametrize("decision", HOSTILE)
def test_hostile_text_is_text(decision: str) -> None:
    check(decision)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_is_text(decision: str) -> None:
    check(decision)
