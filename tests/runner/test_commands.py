"""What may run without --host-commands: the programs of the catalog's images, and nothing beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dac import run
from dac.model import Catalog
from dac.run.argo.controller import utc_now
from runner_harness import run_text, sources
from workflows import leaf, workflow


@pytest.fixture
def images(tmp_path: Path) -> run.Images:
    """A catalog with the image `tool`, whose only program is `work`."""
    (tmp_path / "images/tool/inner").mkdir(parents=True)
    (tmp_path / "images/tool/work.py").write_text("print('worked')\n")
    (tmp_path / "images/tool/inner/deep.py").write_text("")
    return run.Images(Catalog({"images": {"tool": {"repository": "registry/tool"}}}, {}), tmp_path, False)


PROGRAM = {"image": "registry/tool@sha256:0", "command": ["python", "-m", "work"]}


def refused(container: dict[str, Any], images: run.Images, kind: str = "container") -> list[str]:
    """The findings about a workflow of one container."""
    documents, _ = run.documents(workflow([{"name": "main", kind: container}]), "w.yaml")
    return [str(finding) for finding in run.refusals(run.assemble(documents, utc_now()), documents, images)]


@pytest.mark.parametrize(
    "container",
    [
        PROGRAM,
        {**PROGRAM, "command": ["python3", "-m"], "args": ["work", "--flag", "; rm -rf /"]},
        {**PROGRAM, "image": "registry/tool:v1", "env": [{"name": "AWS_PROFILE", "value": "x"}]},
    ],
)
def test_a_program_of_a_catalog_image_runs(container: dict[str, Any], images: run.Images) -> None:
    assert refused(container, images) == []


@pytest.mark.parametrize(
    "change",
    [
        {"command": ["sh", "-c", "true"]},
        {"command": ["python", "-c", "1"]},
        {"command": ["python"], "args": ["-c", "1"]},
        {"command": ["/tmp/python", "-m", "work"]},
        {"command": ["python", "-m", "http.server"]},
        {"command": ["python", "-m", "inner.deep"]},
        {"command": ["python", "-m", "../tool/work"]},
        {"command": ["python", "-m", "work\n"]},
        {"command": ["python", "-m", "{{workflow.name}}"]},
        {"command": ["python", "-m"]},
        {"command": ["python", "-i", "-m", "work"]},
        {"env": [{"name": "PYTHONPATH", "value": "/tmp"}]},
        {"env": [{"name": "LD_PRELOAD", "value": "/tmp/x.so"}]},
        {"env": [{"name": "PATH", "value": "/tmp"}]},
        {"env": [{"name": "HOME", "value": "/root"}]},
        {"env": [{"name": "GIT_SSH_COMMAND", "value": "x"}]},
        {"workingDir": "/tmp"},
        {"image": "registry/tool@{{workflow.name}}"},
        {"image": "{{workflow.name}}"},
        {"image": "registry/other"},
    ],
)
def test_a_command_of_ones_own_needs_host_commands(change: dict[str, Any], images: run.Images) -> None:
    (finding,) = refused({**PROGRAM, **change}, images)
    assert finding.startswith("w.yaml:")
    assert "--host-commands" in finding
    images.host_commands = True
    assert refused({**PROGRAM, **change}, images) == []


def test_a_script_is_a_command_of_ones_own(images: run.Images) -> None:
    (finding,) = refused({**PROGRAM, "source": "print(1)"}, images, "script")
    assert "a script is not a program of image" in finding


@pytest.mark.parametrize(
    "patch",
    [
        {"image": "registry/{{workflow.name}}"},
        {"image": "registry/tool", "command": ["sh", "-c", "{{workflow.name}}"]},
        {"env": [{"name": "PYTHONPATH", "value": "{{workflow.name}}"}]},
        {"workingDir": "/{{workflow.name}}"},
        {"command": None, "args": ["{{workflow.name}}"]},
    ],
)
def test_a_patch_brings_no_command_of_its_own(patch: dict[str, Any], images: run.Images, tmp_path: Path) -> None:
    main = {"name": "main", "container": PROGRAM}
    main["podSpecPatch"] = json.dumps({"containers": [{"name": "main", **patch}]}).replace("}}]", "}} ]")
    documents, _ = run.documents(workflow([main]), "w.yaml")
    source = run.assemble(documents, utc_now())
    assert run.refusals(source, documents, images) == []
    state, _ = run.run(source, run.Request(tmp_path / "state", run.Bindings(), images, name="w"))
    (node,) = run.result(state)["nodes"]
    assert (node["phase"], "--host-commands" in node["message"]) == ("Error", True), node["message"]


def test_variables_of_a_whole_configmap_bring_no_command(images: run.Images, tmp_path: Path) -> None:
    main = {"name": "main", "container": {**PROGRAM, "envFrom": [{"prefix": "PYTHON", "configMapRef": {"name": "c"}}]}}
    documents, _ = run.documents(workflow([main]), "w.yaml")
    source = run.assemble(documents, utc_now())
    bindings = run.Bindings({"c": {"PATH": "/tmp"}})
    state, _ = run.run(source, run.Request(tmp_path / "state", bindings, images, name="w"))
    assert 'variable "PYTHONPATH" decides' in run.result(state)["nodes"][0]["message"]


def test_an_image_that_a_tag_completes_is_looked_up_when_it_is_known(tmp_path: Path) -> None:
    """What is looked up is the name that the tag gives, not the tag."""
    main = leaf("true")
    main["container"] = {**main["container"], "image": "busybox:{{workflow.name}}"}
    assert sources(workflow([main]))
    assert run_text(workflow([main]), tmp_path / "state")["phase"] == "Succeeded"


def test_a_request_by_http_is_a_command_of_ones_own(images: run.Images) -> None:
    """It would be sent by this machine, to whatever this machine reaches."""
    (finding,) = refused({"url": "http://169.254.169.254/latest/meta-data"}, images, kind="http")
    assert "an HTTP request is not a program of a catalog image" in finding
    images.host_commands = True
    assert refused({"url": "http://169.254.169.254/latest/meta-data"}, images, kind="http") == []
