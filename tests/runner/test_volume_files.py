"""What a pod says of itself to its containers, and the files of volumes that are made of objects: text and modes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from runner_harness import run_text
from workflows import workflow

OBJECTS: dict[str, Any] = {
    "configmaps": {"scripts": {"run.sh": "#!/bin/sh\necho ran\n", "b.txt": "b"}},
    "secrets": {"keys": {"token": "t"}},
}


def seen(state: Path, script: str, volume: dict[str, Any] | None = None, **container: Any) -> str:
    """What a step prints, or its message where it does not succeed; the volume is mounted at /v."""
    main = {
        "image": "busybox",
        "command": ["sh", "-c", f"({script}) > /tmp/o"],
        "volumeMounts": [{"name": "v", "mountPath": "/v"}] if volume else [],
        **container,
    }
    template = {
        "name": "main",
        "metadata": {"labels": {"app": "a"}, "annotations": {"note": 'say "hi"'}},
        "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]},
        "container": main,
    }
    volumes = [{"name": "v", **volume}] if volume else []
    text = workflow([template], volumes=volumes, podMetadata={"labels": {"of": "run"}})
    (node,) = run_text(text, state, **OBJECTS)["nodes"]
    return str(node["parameters"]["o"] if node["phase"] == "Succeeded" else node["message"])


FILES = [
    ({"configMap": {"name": "scripts"}}, "644 b.txt\n644 run.sh"),
    ({"configMap": {"name": "scripts", "defaultMode": 0o755}}, "755 b.txt\n755 run.sh"),
    ({"secret": {"secretName": "keys", "defaultMode": 0o400}}, "400 token"),
    ({"configMap": {"name": "scripts", "items": [{"key": "run.sh", "path": "bin/go", "mode": 0o700}]}}, "700 bin/go"),
    (
        {"configMap": {"name": "scripts", "optional": True, "items": [{"key": "no", "path": "no"}]}},
        "",
    ),
    (
        {
            "projected": {
                "defaultMode": 0o440,
                "sources": [
                    {"configMap": {"name": "scripts", "items": [{"key": "b.txt", "path": "b"}]}},
                    {"secret": {"name": "keys", "items": [{"key": "token", "path": "s/t", "mode": 0o600}]}},
                    {"secret": {"name": "none", "optional": True}},
                    {"downwardAPI": {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]}},
                ],
            }
        },
        "440 b\n440 name\n600 s/t",
    ),
]


@pytest.mark.parametrize(("volume", "listed"), FILES)
def test_each_file_has_the_mode_that_is_stated(tmp_path: Path, volume: dict[str, Any], listed: str) -> None:
    script = "cd /v && find . -type f | sort | while read f; do echo $(stat -c %a $f) ${f#./}; done"
    assert seen(tmp_path, script, volume) == listed


def test_a_script_of_a_configmap_can_be_run(tmp_path: Path) -> None:
    assert seen(tmp_path, "/v/run.sh", {"configMap": {"name": "scripts", "defaultMode": 0o555}}) == "ran"


WRONG = [
    ({"configMap": {"name": "none"}}, 'configmap "none" not found'),
    ({"secret": {"secretName": "none"}}, 'secret "none" not found'),
    ({"projected": {"sources": [{"secret": {"name": "none"}}]}}, 'secret "none" not found'),
    (
        {"configMap": {"name": "scripts", "items": [{"key": "no", "path": "no"}]}},
        "references non-existent config key: no",
    ),
    (
        {"downwardAPI": {"items": [{"path": "a", "resourceFieldRef": {"resource": "limits.cpu"}}]}},
        'container "" not found',
    ),
]


@pytest.mark.parametrize(("volume", "message"), WRONG)
def test_what_is_missing_keeps_the_pod_from_starting(tmp_path: Path, volume: dict[str, Any], message: str) -> None:
    assert seen(tmp_path, "true", volume) == f'MountVolume.SetUp failed for volume "v" : {message}'


def field(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def amount(name: str, resource: str, **more: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"resourceFieldRef": {"resource": resource, **more}}}


def test_labels_and_annotations_are_the_pods(tmp_path: Path) -> None:
    env = [
        field("A", "metadata.labels['workflows.argoproj.io/workflow']"),
        field("B", "metadata.labels['app']"),
        field("C", "metadata.labels['of']"),
        field("D", "metadata.annotations['note']"),
        field("E", "metadata.labels['none']"),
        field("F", "metadata.annotations['workflows.argoproj.io/node-name']"),
        field("G", "status.podIPs"),
    ]
    assert seen(tmp_path, "echo $A,$B,$C,$D,$E,$F,$G", env=env) == 'w,a,run,say "hi",,w,127.0.0.1'


def test_the_host_is_called_as_the_pod(tmp_path: Path) -> None:
    assert seen(tmp_path, "test $HOSTNAME = $NAME && echo same", env=[field("NAME", "metadata.name")]) == "same"
    assert seen(tmp_path, "echo $HOSTNAME", env=[{"name": "HOSTNAME", "value": "own"}]) == "own"


def test_a_file_has_all_labels_or_annotations(tmp_path: Path) -> None:
    items = [
        {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
        {"path": "notes", "fieldRef": {"fieldPath": "metadata.annotations"}},
    ]
    printed = seen(tmp_path, "cat /v/labels; echo; grep note= /v/notes", {"downwardAPI": {"items": items}})
    assert printed.splitlines() == [
        'app="a"',
        'of="run"',
        'workflows.argoproj.io/completed="false"',
        'workflows.argoproj.io/workflow="w"',
        'note="say \\"hi\\""',
    ]


def test_amounts_are_rounded_up_in_their_divisor(tmp_path: Path) -> None:
    resources = {"limits": {"cpu": "1500m", "memory": "1Gi"}, "requests": {"memory": "300M"}}
    env = [
        amount("A", "limits.cpu"),
        amount("B", "limits.cpu", divisor="1m"),
        amount("C", "requests.cpu", divisor="1m"),  # without one it is the limit
        amount("D", "limits.memory", divisor="1Mi"),
        amount("E", "requests.memory", divisor="1Mi"),
        amount("F", "requests.ephemeral-storage"),
        amount("G", "limits.memory", containerName="main"),
    ]
    printed = seen(tmp_path, "echo $A,$B,$C,$D,$E,$F,$G", env=env, resources=resources)
    assert printed == "2,1500,1500,1024,287,0,1073741824"


def test_without_a_limit_it_is_the_machines(tmp_path: Path) -> None:
    printed = seen(tmp_path, "echo $A $B", env=[amount("A", "limits.cpu"), amount("B", "limits.memory")])
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert printed == f"{len(os.sched_getaffinity(0))} {pages}"


def test_an_amount_of_a_container_that_is_not_there(tmp_path: Path) -> None:
    assert seen(tmp_path, "true", env=[amount("A", "limits.cpu", containerName="no")]) == 'container "no" not found'
