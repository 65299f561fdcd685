"""What a run does beside its nodes: how much at once, which locks, what becomes of its processes, what a pod sees."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from runner_harness import run_text

FOLDER = {"name": "FOLDER", "valueFrom": {"configMapKeyRef": {"name": "test", "key": "folder"}}}
LEAF = {"image": "busybox", "command": ["sh", "-c"], "env": [FOLDER]}


def workflow(templates: list[dict[str, Any]], folder: Path | None = None, **spec: Any) -> str:
    """A workflow whose containers may write to `$FOLDER`: a path in /tmp would be the pod's own."""
    manifest = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "w"},
        "spec": {"entrypoint": "main", "templates": templates, **spec},
    }
    data = {"folder": str(folder)}
    return yaml.safe_dump_all(
        [manifest, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "test"}, "data": data}]
    )


def leaf(script: str, name: str = "main", **more: Any) -> dict[str, Any]:
    return {"name": name, "container": {**LEAF, "args": [script]}, **more}


def fan(count: int, template: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    tasks = [{"name": "work", "template": "work", "withSequence": {"count": count}}]
    return [{"name": "main", "dag": {"tasks": tasks}, **more}, {**template, "name": "work"}]


def at_once(folder: Path) -> int:
    """How many of the commands that wrote `<time> +1` and `<time> -1` to the folder's log ran at the same time."""
    events = sorted(line.split() for line in (folder / "log").read_text().splitlines())
    running = most = 0
    for _, step in events:
        running += int(step)
        most = max(most, running)
    return most


NOW = "echo $(date +%s%N)"
COUNTED = f"{NOW} +1 >> $FOLDER/log; sleep 0.05; {NOW} -1 >> $FOLDER/log"


def test_a_loop_of_500_runs_every_one(tmp_path: Path) -> None:
    result = run_text(workflow(fan(500, leaf("true"))), tmp_path)
    pods = [node for node in result["nodes"] if node["type"] == "Pod"]
    assert (result["phase"], len(pods), {node["phase"] for node in pods}) == ("Succeeded", 500, {"Succeeded"})


@pytest.mark.parametrize(
    ("cap", "most"),
    [
        ({"synchronization": {"semaphores": [{"configMapKeyRef": {"name": "limits", "key": "two"}}]}}, 2),
        ({"synchronization": {"mutexes": [{"name": "one"}]}}, 1),
    ],
    ids=["semaphore", "mutex"],
)
def test_a_lock_is_never_held_by_more_than_it_has_places(cap: dict[str, Any], most: int, tmp_path: Path) -> None:
    text = workflow(fan(6, {**leaf(COUNTED), **cap}), tmp_path)
    result = run_text(text, tmp_path / "state", configmaps={"limits": {"two": "2"}})
    assert (result["phase"], at_once(tmp_path) <= most) == ("Succeeded", True)


@pytest.mark.parametrize("where", ["template", "workflow"])
def test_parallelism_is_never_exceeded(where: str, tmp_path: Path) -> None:
    own = {"parallelism": 2}
    tasks = fan(6, leaf(COUNTED), **(own if where == "template" else {}))
    text = workflow(tasks, tmp_path, **(own if where == "workflow" else {}))
    result = run_text(text, tmp_path / "state")
    assert (result["phase"], at_once(tmp_path) <= 2) == ("Succeeded", True)


def command(file: Path, state: Path, *more: str) -> list[str]:
    dac = str(Path(sys.executable).parent / "dac")
    return [dac, "run", "-f", str(file), "--host-commands", "--state", str(state), *more]


def test_two_runs_at_once_share_a_mutex(tmp_path: Path, root: Path) -> None:
    file = tmp_path / "workflow.yaml"
    file.write_text(
        workflow(fan(2, leaf(COUNTED)), tmp_path, synchronization={"mutexes": [{"name": "pipeline"}]}, parallelism=1)
    )
    runs = [
        subprocess.Popen(command(file, tmp_path / "state"), cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    phases = [json.loads(run.communicate()[0])["phase"] for run in runs]
    assert (phases, at_once(tmp_path)) == (["Succeeded", "Succeeded"], 1)


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


def test_a_sidecar_serves_the_main_container_and_is_ended_with_it(tmp_path: Path) -> None:
    serve = "trap 'echo ended > $FOLDER/sidecar; exit 0' TERM; echo ready > /share/up; while true; do sleep 0.05; done"
    main = leaf("until [ -f /share/up ]; do sleep 0.05; done; cat /share/up > /tmp/o")
    main["container"]["volumeMounts"] = [{"name": "share", "mountPath": "/share"}]
    main |= {
        "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]},
        "volumes": [{"name": "share", "emptyDir": {}}],
        "sidecars": [
            {"name": "serve", **LEAF, "args": [serve], "volumeMounts": [{"name": "share", "mountPath": "/share"}]}
        ],
        "initContainers": [{"name": "before", **LEAF, "args": ["echo first > $FOLDER/init"]}],
    }
    result = run_text(workflow([main], tmp_path), tmp_path / "state")
    (node,) = result["nodes"]
    assert (node["phase"], node["parameters"]) == ("Succeeded", {"o": "ready"})
    assert ((tmp_path / "sidecar").read_text(), (tmp_path / "init").read_text()) == ("ended\n", "first\n")


def test_an_init_container_that_fails_keeps_the_main_one_from_starting(tmp_path: Path) -> None:
    main = leaf("touch $FOLDER/main", initContainers=[{"name": "before", **LEAF, "args": ["exit 4"]}])
    (node,) = run_text(workflow([main], tmp_path), tmp_path / "state")["nodes"]
    assert (node["phase"], node["message"], node["exitCode"]) == ("Failed", "before: Error (exit code 4)", None)
    assert not (tmp_path / "main").exists()


def test_variables_come_from_configmaps_secrets_and_each_other(tmp_path: Path) -> None:
    main = leaf('echo "$A|$B|$C|$D" > /tmp/o')
    main["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]}
    main["container"]["env"] = [
        FOLDER,
        {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "endpoints", "key": "objects"}}},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "token", "key": "t"}}},
        {"name": "C", "value": "$(A) and $$(A) and $(NONE)"},
        {"name": "D", "valueFrom": {"configMapKeyRef": {"name": "endpoints", "key": "none", "optional": True}}},
    ]
    (node,) = run_text(
        workflow([main]),
        tmp_path,
        configmaps={"endpoints": {"objects": "file:///tmp/objects"}},
        secrets={"token": {"t": "s"}},
    )["nodes"]
    assert node["parameters"] == {"o": "file:///tmp/objects|s|file:///tmp/objects and $(A) and $(NONE)|"}


def test_a_pod_spec_patch_changes_what_runs(tmp_path: Path) -> None:
    main = leaf('echo "$SIZE" > /tmp/o')
    main["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]}
    patch = {"small": {"containers": [{"name": "main", "env": [{"name": "SIZE", "value": "s"}]}]}}
    main["podSpecPatch"] = "{{=toJson(" + json.dumps(patch).replace("}}", "} }") + "[workflow.parameters.size])}}"
    arguments = {"parameters": [{"name": "size", "value": "small"}]}
    (node,) = run_text(workflow([main], arguments=arguments), tmp_path)["nodes"]
    assert (node["phase"], node["parameters"]) == ("Succeeded", {"o": "s"})


def test_a_secret_and_a_configmap_are_files_where_they_are_mounted(tmp_path: Path) -> None:
    main = leaf("cat /etc/conf/key /var/run/dac/secrets/s/k > /tmp/o; ls /var/run/dac/secrets/none | wc -l >> /tmp/o")
    main["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]}
    mounts = {"conf": "/etc/conf", "secret": "/var/run/dac/secrets/s", "none": "/var/run/dac/secrets/none"}
    main["container"]["volumeMounts"] = [{"name": name, "mountPath": path} for name, path in mounts.items()]
    volumes = [
        {"name": "conf", "configMap": {"name": "conf"}},
        {"name": "secret", "secret": {"secretName": "s"}},
        {"name": "none", "secret": {"secretName": "none", "optional": True}},
    ]
    (node,) = run_text(
        workflow([main], volumes=volumes),
        tmp_path,
        configmaps={"conf": {"key": "one\n"}},
        secrets={"s": {"k": "two\n"}},
    )["nodes"]
    assert (node["phase"], node["parameters"]) == ("Succeeded", {"o": "one\ntwo\n0"})


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
