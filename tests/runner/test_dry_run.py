"""A resource template asks no cluster here: with --dry-run-resources, what it would send is written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac import run
from dac.run import Answers, Refused
from dac.run.argo import resource, selector
from runner_harness import sources
from workflows import leaf, workflow

# Written by the executor's own libraries (client-go's jsonpath, gojq, labels.Parse, of Argo 4.0.5's go.mod).
TABLE = json.loads(Path(__file__).with_name("resources.json").read_text())
JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: pi-}\nspec: {completions: 3}\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 'm-{{inputs.parameters.i}}'}\ndata: {k: v}\n"


def asking(manifest: str = JOB, outputs: dict[str, dict[str, str]] | None = None, **more: Any) -> str:
    """A resource template, and a step that is given its outputs."""
    listed = [{"name": name, "valueFrom": source} for name, source in (outputs or {}).items()]
    ask = {"name": "ask", "inputs": {"parameters": [{"name": "i", "value": "7"}]}, "outputs": {"parameters": listed}}
    ask["resource"] = {"action": "create", **({"manifest": manifest} if manifest else {}), **more}
    value = " ".join(f"{{{{steps.ask.outputs.parameters.{name}}}}}" for name in outputs or {}) or "-"
    say = {"name": "say", "template": "leaf", "arguments": {"parameters": [{"name": "text", "value": value}]}}
    steps = {"name": "main", "steps": [[{"name": "ask", "template": "ask"}], [say]]}
    return workflow([steps, ask, leaf("true", "leaf", inputs={"parameters": [{"name": "text"}]})])


def dry(text: str, state: Path, **supplied: str) -> dict[str, dict[str, Any]]:
    answers = Answers(supplied=supplied, dry_run=True)
    source, _, images = sources(text, answers=answers)
    given = run.Bindings({"test": {"folder": "/"}})
    operation, _ = run.run(source, run.Request(state, given, images, name="w", answers=answers))
    return {node["displayName"]: node for node in run.result(operation)["nodes"]}


def test_what_would_be_sent_is_written(tmp_path: Path) -> None:
    more: dict[str, Any] = {"successCondition": "status.succeeded > 0", "setOwnerReference": True}
    nodes = dry(asking(outputs={"name": {"jsonPath": "{.metadata.name}"}}, **more), tmp_path)
    name = nodes["ask"]["parameters"]["name"]
    assert (name[:3], len(name)) == ("pi-", len("pi-12345"))
    assert nodes["say"]["inputs"] == {"text": name}
    assert (nodes["ask"]["type"], nodes["ask"]["phase"], nodes["ask"]["exitCode"]) == ("Pod", "Succeeded", "0")
    assert nodes["ask"]["dryRun"] == f"create Job {name}; successCondition 'status.succeeded > 0' is not evaluated"
    assert "dryRun" not in nodes["say"]
    (file,) = tmp_path.glob("runs/w/resources/*")
    assert file.read_text().startswith(f"# Not sent: {nodes['ask']['dryRun']}\n# kubectl create -f FILE -o json\n")
    assert yaml.safe_load(file.read_text())["metadata"]["ownerReferences"][0]["name"] == "w"


def test_a_manifest_is_filled_in_or_an_artifact(tmp_path: Path) -> None:
    outputs = {"name": {"jqFilter": ".metadata.name"}, "k": {"jsonPath": "{.data.k}"}}
    assert dry(asking(MAP, outputs, action="apply"), tmp_path)["ask"]["parameters"] == {"name": "m-7", "k": "v"}
    manifests = list(yaml.safe_load_all(asking("", outputs, manifestFrom={"artifact": {"name": "a"}})))
    template = manifests[0]["spec"]["templates"][1]
    template["inputs"]["artifacts"] = [{"name": "a", "path": "/tmp/m.yaml", "raw": {"data": MAP.replace("m-", "a-")}}]
    assert dry(yaml.safe_dump_all(manifests), tmp_path / "raw")["ask"]["parameters"] == {"name": "a-7", "k": "v"}


@pytest.mark.parametrize(
    ("manifest", "more", "summary"),
    [
        ("", {"action": "delete", "flags": ["job", "pi"]}, "delete job pi"),
        (JOB.replace("generateName: pi-", "name: pi"), {"action": "delete"}, "delete Job pi"),
        ("spec: {completions: 1}\n", {"action": "patch", "flags": ["job", "pi"]}, "patch job pi"),
        ('[{"op": "remove", "path": "/a"}]', {"action": "patch", "mergeStrategy": "json", "flags": ["j"]}, "patch j"),
    ],
)
def test_an_object_may_be_named_by_flags(manifest: str, more: dict[str, Any], summary: str, tmp_path: Path) -> None:
    assert dry(asking(manifest, **more), tmp_path)["ask"]["dryRun"] == summary


@pytest.mark.parametrize(
    ("manifest", "more", "message"),
    [
        ("a: [b\n", {"action": "get"}, "invalid YAML"),
        ("- a\n", {}, "the manifest is not an object in YAML"),
        ("kind: Job\nmetadata: {name: a}\n", {}, "the manifest has no apiVersion"),
        (JOB.replace("kind: Job\n", ""), {}, "the manifest has no kind"),
        (JOB.replace("kind: Job", "kind: 'J b'"), {}, "kind 'J b' is invalid"),
        (JOB.replace("{generateName: pi-}", "{}"), {}, "has no metadata.name or metadata.generateName"),
        (JOB, {"action": "apply"}, "the manifest has no metadata.name, which apply needs"),
        (JOB.replace("pi-", "Pi_"), {}, "metadata.generateName 'Pi_' is not the name of an object"),
        (f"{JOB}---\n{JOB}", {}, "the manifest holds more than one object"),
        (JOB, {"successCondition": "status.succeeded >= 1"}, "failed to parse"),
        (
            JOB.replace("generateName", "name"),
            {"action": "delete", "failureCondition": "a"},
            "not supported for delete",
        ),
        ("", {"action": "get"}, "Must provide at least one of flags or manifest."),
    ],
)
def test_what_a_cluster_would_refuse_fails(manifest: str, more: dict[str, Any], message: str, tmp_path: Path) -> None:
    ask = dry(asking(manifest, **more), tmp_path)["ask"]
    assert (ask["phase"], ask["exitCode"], message in ask["message"]) == ("Failed", "64", True), ask["message"]
    assert not (tmp_path / "runs/w/resources").exists()


@pytest.mark.parametrize("source", [{"jsonPath": "{.status.succeeded}"}, {"jqFilter": "."}, {"jsonPath": "{.data.x}"}])
def test_what_only_a_cluster_knows_is_supplied(source: dict[str, str], tmp_path: Path) -> None:
    text = asking(outputs={"answer": source})
    with pytest.raises(Refused) as refused:
        sources(text, answers=Answers(dry_run=True))
    assert str(refused.value).endswith("give what it would answer with --supply answer=VALUE [run.supply]")
    assert dry(text, tmp_path, answer="3")["say"]["inputs"] == {"text": "3"}


def test_what_the_manifest_turns_out_not_to_hold_fails(tmp_path: Path) -> None:
    manifest = MAP.replace("{k: v}", "'{{=toJson({b: inputs.parameters.i})}}'")
    listed = asking(manifest, {"x": {"jsonPath": "{.data.{{inputs.parameters.i}}}"}})
    assert "only a cluster knows '{.data.7}'; give it with --supply x=VALUE" in dry(listed, tmp_path)["ask"]["message"]


def test_a_manifest_says_what_a_cluster_would_or_nothing() -> None:
    values = [(resource.value_of(case["source"], TABLE["manifest"]), case["value"]) for case in TABLE["values"]]
    assert [pair for pair in values if pair[0] not in (None, pair[1])] == []
    assert sum(ours is not None for ours, _ in values) >= 35


def test_conditions_are_read_as_selectors() -> None:
    assert {text: not selector.problem(text) for text in TABLE["selectors"]} == TABLE["selectors"]
