"""How a run ends: by an interrupt, with nothing left that could go on, at the cap of its hook."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from runner_harness import run_text
from workflows import command, leaf, workflow


@pytest.mark.exhaustive
def test_an_interrupt_ends_the_children_and_runs_the_exit_handler(tmp_path: Path, root: Path) -> None:
    file, started, ended = tmp_path / "workflow.yaml", tmp_path / "started", tmp_path / "ended"
    slow = "sleep 60 & echo $! > $FOLDER/started; wait"
    file.write_text(
        workflow([leaf(slow), leaf("echo {{workflow.status}} > $FOLDER/ended", "bye")], tmp_path, onExit="bye")
    )
    run = subprocess.Popen(
        command(file, tmp_path / "state", "--name", "stopped"), cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while not (started.is_file() and started.read_text().strip()):
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate()
    result = json.loads((tmp_path / "state/runs/stopped/result.json").read_text())
    nodes = {node["name"]: (node["phase"], node["message"]) for node in result["nodes"]}
    child = subprocess.run(["ps", "-o", "stat=", "-p", started.read_text().strip()], capture_output=True, text=True)
    assert child.stdout.strip()[:1] in ("", "Z")  # ended; a zombie where nobody collects it
    assert nodes == {
        "stopped": ("Failed", "workflow shutdown with strategy:  Stop"),
        "stopped.onExit": ("Succeeded", ""),
    }
    assert (run.returncode, json.loads(output)["phase"], ended.read_text()) == (1, "Failed", "Failed\n")
    assert result["message"] == "Stopped with strategy 'Stop'"


@pytest.mark.exhaustive
def test_a_run_that_is_stopped_twice_runs_its_exit_handler(tmp_path: Path, root: Path) -> None:
    """As `argo stop`: whoever is paged may say it twice. A second Ctrl-C ends the exit handler too."""
    file, ended = tmp_path / "workflow.yaml", tmp_path / "ended"
    handler = leaf("echo >> $FOLDER/started; sleep 1; echo {{workflow.status}} > $FOLDER/ended", "bye")
    file.write_text(workflow([leaf("echo >> $FOLDER/started; sleep 60"), handler], tmp_path, onExit="bye"))
    run = subprocess.Popen(
        command(file, tmp_path / "state", "--name", "stopped"), cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    for lines in (1, 2):  # while a step runs, and while the exit handler does
        while not ((tmp_path / "started").is_file() and (tmp_path / "started").read_text().count("\n") == lines):
            time.sleep(0.05)
        subprocess.run(
            [Path(sys.executable).parent / "dac", "stop", "stopped", "--state", tmp_path / "state"], cwd=root
        )
    run.communicate()
    assert (run.returncode, ended.read_text()) == (1, "Failed\n")


def test_a_run_that_can_never_go_on_says_so(tmp_path: Path) -> None:
    """The controller would look again forever; here it ends, in a phase that no success can be taken for."""
    steps = [[{"name": "a", "template": "a"}], [{"name": "b", "template": "b", "arguments": {"parameters": [
        {"name": "x", "value": "{{=steps.a.outputs.parameters.none}}"}]}}]]  # fmt: skip
    text = workflow(
        [{"name": "main", "steps": steps}, leaf("true", "a"), leaf("true", "b", inputs={"parameters": [{"name": "x"}]})]
    )
    result = run_text(text, tmp_path)
    assert (result["phase"], result["message"]) == (
        "Error",
        "nothing is left that could go on: Argo would wait forever",
    )


def test_a_task_below_a_loop_without_last_nodes_is_never_reached(tmp_path: Path) -> None:
    """Steps that failed at a reference have no last node to hang from: their DAG waits forever on a cluster too."""
    art = {"name": "art", "from": "{{steps.a.outputs.artifacts.art}}"}
    take = leaf("true", "take", inputs={"artifacts": [{"name": "art", "path": "/tmp/in"}]})
    made = leaf("mkdir /tmp/d", "make", outputs={"artifacts": [{"name": "art", "path": "/tmp/d"}]})
    broken = [
        [{"name": "a", "template": "make", "when": "false"}],
        [{"name": "b", "template": "take", "arguments": {"artifacts": [art]}}],
    ]
    forgiving = [[{"name": "s", "template": "broken", "continueOn": {"failed": True, "error": True}}]]
    tasks = [
        {"name": "loop", "template": "forgiving", "withItems": [1, 2]},
        {"name": "last", "template": "make", "depends": "loop.AllFailed"},
    ]
    templates = [{"name": "main", "dag": {"tasks": tasks}}, {"name": "broken", "steps": broken}]
    result = run_text(workflow([*templates, {"name": "forgiving", "steps": forgiving}, take, made]), tmp_path)
    assert (result["phase"], result["message"]) == (
        "Error",
        "nothing is left that could go on: Argo would wait forever",
    )


def test_a_task_below_a_dag_whose_output_cannot_be_had_is_never_reached(tmp_path: Path) -> None:
    """It is left without last nodes, so that what it is needed for runs and is not counted: the outer DAG waits."""
    inner = {
        "name": "inner",
        "outputs": {"parameters": [{"name": "o", "valueFrom": {"parameter": "{{tasks.a.outputs.parameters.o}}"}}]},
        "dag": {"tasks": [{"name": "a", "template": "give", "when": "false"}]},
    }
    give = leaf("echo 1 > /tmp/o", "give", outputs={"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]})
    tasks = [{"name": "t", "template": "inner"}, {"name": "last", "template": "give", "depends": "t.Errored"}]
    result = run_text(workflow([{"name": "main", "dag": {"tasks": tasks}}, inner, give]), tmp_path)
    nodes = {node["name"]: (node["phase"], node["children"]) for node in result["nodes"]}
    assert (result["phase"], result["message"], nodes["w.t.a"], nodes["w.last"][0]) == (
        "Error",
        "nothing is left that could go on: Argo would wait forever",
        ("Skipped", []),
        "Succeeded",
    )


def test_a_run_ends_with_what_its_entry_said_before_its_hook_met_the_cap(tmp_path: Path) -> None:
    hook = {"failed": {"template": "say", "expression": 'workflow.status == "Failed"'}}
    steps = {"name": "main", "steps": [[{"name": "a", "template": "no", "withItems": [1, 2]}]]}
    text = workflow([steps, leaf("exit 1", "no"), leaf("true", "say")], hooks=hook, parallelism=1)
    result = run_text(text, tmp_path)
    entry = next(node for node in result["nodes"] if node["name"] == "w")
    assert (result["phase"], entry["phase"], entry["message"]) == ("Failed", "Error", "Max parallelism reached")
    assert re.fullmatch(r"child 'w-\d+' failed", result["message"]), result["message"]


def test_a_template_of_no_kind_and_a_configmap_of_no_name_end_the_run_in_error(tmp_path: Path) -> None:
    """Both are seen only when the run is under way."""
    header = "apiVersion: argoproj.io/v1alpha1\nmetadata: {name: w}\n"
    which = "{name: a, templateRef: {name: w, template: '{{item}}'}, withItems: [empty]}"
    main = "{entrypoint: main, templates: [{name: main, steps: [[" + which + "]]}]}"
    template = f"---\n{header}kind: WorkflowTemplate\nspec: {{templates: [{{name: empty}}]}}\n"
    record = run_text(f"{header}kind: Workflow\nspec: {main}\n{template}", tmp_path / "a")
    assert record["phase"] in ("Failed", "Error")
    assert "Template 'empty' missing specification" in str(record["nodes"])
    nameless = "arguments: {parameters: [{name: p, valueFrom: {configMapKeyRef: {key: k}}}]}"
    spec = (
        "{entrypoint: main, " + nameless + ", templates: [{name: main, container: {image: busybox, command: [echo]}}]}"
    )
    assert run_text(f"{header}kind: Workflow\nspec: {spec}\n", tmp_path / "b")["phase"] == "Failed"
