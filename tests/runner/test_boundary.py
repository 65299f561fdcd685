"""A run stays in its own folder: however a path is spelled, whatever a tag fills in, wherever a link leads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from dac.run.argo import boundary
from dac.run.local.sandbox import PathMap
from hypothesis import given
from hypothesis import strategies as st
from runner_harness import run_text
from workflows import LEAF, leaf, workflow

# Two dots and slashes as they come, as what stands for them elsewhere, and as what looks like them.
PIECES = ["..", ".", "", "a", "/", "//", "\\", "\\..\\", "%2e%2e", "%2f", "%00", "...", ".. ", " ..", "..\t", "..\n"]
PIECES += [
    "a.",
    "\uff0e\uff0e",
    "\u2025",
    "\u2024\u2024",
    "\u202e",
    "~",
    "$HOME",
    "é" * 130,
    "a" * 256,
    "\0",
    "{{x}}",
    "C:",
]
SPELLINGS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("/".join) | st.text(max_size=40)
SPELLINGS |= st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(path=SPELLINGS)
def test_a_path_of_a_container_is_refused_or_lies_in_its_folder(path: str) -> None:
    own = Path("/state/runs/w/pods/w/main")
    for spelled in (path, f"/{path}", f"/work/{path}"):
        if boundary.absolute(spelled):
            continue
        for mounts in ({}, {"/work": Path("/state/runs/w/pods/w/volumes/v")}):
            host = Path(os.path.normpath(PathMap(own, mounts, [spelled]).host(spelled)))
            assert any(host.is_relative_to(folder) for folder in (own, *mounts.values())), host
            assert host != own, "an artifact would replace all that the container has"


@given(path=SPELLINGS)
def test_a_path_in_a_volume_is_refused_or_lies_below_it(path: str) -> None:
    folder = Path("/state/runs/w/pods/w/volumes/v")
    if not boundary.below(path):
        assert Path(os.path.normpath(folder / path)).is_relative_to(folder)
    if not boundary.file_below(path):
        assert folder in Path(os.path.normpath(folder / path)).parents


@given(path=SPELLINGS)
def test_a_path_that_is_not_refused_can_be_a_files(path: str) -> None:
    if not boundary.file_below(path):
        assert len(os.fsencode(path)) < 4096
        assert all(len(part) < 256 for part in os.fsencode(path).split(b"/"))


OUTSIDE = ["", ".", "/", "//", "/./", "a", "./a", "..", "/..", "/../", "/a/..", "/a/../b", "/a//..//b", "/a\0b", "~/a"]
OUTSIDE += ["\\a", "%2fa", "\ud800", "/\ud800", "/" + "a" * 256, "/a" * 2048]


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_such_path_of_a_container(path: str) -> None:
    assert boundary.absolute(path)


@pytest.mark.parametrize("path", ["/a", "/a/", "/a/./b", "/a//b", "/...", "/a/..b", "/%2e%2e/a", "/a\\..\\b", "/. ./a"])
def test_a_path_of_a_container(path: str) -> None:
    assert not boundary.absolute(path)


def outcome(tmp_path: Path, *templates: dict[str, Any], **spec: Any) -> tuple[dict[str, str], str]:
    """Run a workflow whose steps may reach `tmp_path/out`; return its pods' messages and its phase."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "secret").write_text("c0nfidential\n")
    before = {path.name: (path.read_bytes(), path.stat().st_mode) for path in out.iterdir()}
    text = workflow([*templates], out, **spec)
    result = run_text(text, tmp_path / "deep/er/state")
    assert {path.name: (path.read_bytes(), path.stat().st_mode) for path in out.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "out"]
    assert "c0nfidential" not in str([node["parameters"] for node in result["nodes"]])
    for path in (tmp_path / "deep/er/state").rglob("*"):
        assert path.is_symlink() or not path.is_file() or b"c0nfidential" not in path.read_bytes()
    return {node["displayName"]: node["message"] for node in result["nodes"] if node["type"] == "Pod"}, result["phase"]


UP = "../" * 12


def test_a_path_that_a_tag_completes_is_judged_when_it_is_known(tmp_path: Path) -> None:
    target = f"{UP.removesuffix('/')}{tmp_path}/out/secret"
    arguments = {"parameters": [{"name": "x", "value": target}]}
    main = leaf("true", outputs={"artifacts": [{"name": "o", "path": "/work/{{workflow.parameters.x}}"}]})
    messages, phase = outcome(tmp_path, main, arguments=arguments)
    assert (phase, messages["w"].startswith("cannot be run here: path ")) == ("Error", True)


@pytest.mark.parametrize(
    "main",
    [
        leaf(
            "true", outputs={"parameters": [{"name": "o", "valueFrom": {"path": "{{workflow.parameters.x}}/secret"}}]}
        ),
        leaf(
            "true", inputs={"artifacts": [{"name": "o", "path": "{{workflow.parameters.x}}", "raw": {"data": "mine"}}]}
        ),
        leaf("touch /work/o", outputs={"artifacts": [{"name": "{{workflow.parameters.x}}", "path": "/work/o"}]}),
        leaf("true", sidecars=[{"name": "{{workflow.parameters.x}}", **LEAF, "args": ["true"]}]),
        leaf("true", volumes=[{"name": "{{workflow.parameters.x}}", "emptyDir": {}}]),
        leaf("true", podSpecPatch='{"volumes": [{"name": "{{workflow.parameters.x}}", "emptyDir": {}}]}'),
        leaf("true", podSpecPatch='{"initContainers": [{"name": "{{workflow.parameters.x}}", "command": ["true"]}]}'),
        leaf("true", podSpecPatch='{"containers": [{"command": ["true"], "image": "{{workflow.name}}"}]}'),
    ],
)
def test_what_an_argument_fills_in_stays_in_the_pod(main: dict[str, Any], tmp_path: Path) -> None:
    arguments = {"parameters": [{"name": "x", "value": f"{UP}{tmp_path}/out"}]}
    messages, phase = outcome(tmp_path, main, arguments=arguments)
    assert (phase, messages["w"].startswith("cannot be run here: ")) == ("Error", True), messages


def test_a_key_of_a_configmap_that_is_no_name_is_not_written(tmp_path: Path) -> None:
    main = leaf("true")
    main["container"]["volumeMounts"] = [{"name": "conf", "mountPath": "/conf"}]
    text = workflow([main], volumes=[{"name": "conf", "configMap": {"name": "conf"}}])
    result = run_text(text, tmp_path / "state", configmaps={"conf": {f"{UP}{tmp_path}/x": "written"}})
    assert 'has a ".." in it' in result["nodes"][0]["message"]
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


OUTWARD = [
    ({"parameters": [{"name": "o", "valueFrom": {"path": "/work/o"}}]}, 'ln -s "$FOLDER/secret" /work/o'),
    ({"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/d/secret"}}]}, 'rmdir /tmp/d; ln -s "$FOLDER" /tmp/d'),
    ({"artifacts": [{"name": "o", "path": "/work/o"}]}, 'ln -s "$FOLDER/secret" /work/o'),
    ({"artifacts": [{"name": "o", "path": "/work/o"}]}, 'ln -s "$FOLDER" /work/o'),
    ({"artifacts": [{"name": "o", "path": "/work/d/secret"}]}, 'rmdir /work/d; ln -s "$FOLDER" /work/d'),
    ({"artifacts": [{"name": "o", "path": "/work/secret"}]}, 'd=$(dirname /work/x); rm -r $d; ln -s "$FOLDER" $d'),
    ({"artifacts": [{"name": "o", "path": "/claim/secret"}]}, 'ln -s "$FOLDER/secret" /claim/secret'),
]  # fmt: skip


# The latter where it has a root of its own, whose /work is no folder that it can remove.
REFUSED = (
    "it leads out of the step's own folder",
    "open /var/run/argo/outputs/artifacts/work/secret.tgz: no such file",
)


@pytest.mark.parametrize(("outputs", "script"), OUTWARD)
def test_a_link_out_of_the_pod_is_not_followed(outputs: dict[str, Any], script: str, tmp_path: Path) -> None:
    main = leaf(script, outputs=outputs)
    main["container"] = {**main["container"], "volumeMounts": [{"name": "claim", "mountPath": "/claim"}]}
    claims = [{"metadata": {"name": "claim"}, "spec": {}}]
    messages, phase = outcome(tmp_path, main, volumeClaimTemplates=claims)
    assert (phase, any(reason in messages["w"] for reason in REFUSED)) == ("Error", True), messages


def test_a_folder_keeps_its_links_and_they_lead_nobody_out(tmp_path: Path) -> None:
    """What a link in an artifact leads to is neither packed nor read nor made writable by whoever gets it."""
    link = {"name": "o", "path": "/work/o"}
    give = leaf('mkdir /work/o; ln -s "$FOLDER/secret" /work/o/l', "give", outputs={"artifacts": [link]})
    take = leaf(
        "true",
        "take",
        inputs={"artifacts": [{"name": "o", "path": "/tmp/o", "mode": 0o777, "recurseMode": True}]},
        outputs={"parameters": [{"name": "l", "valueFrom": {"path": "/tmp/o/l", "default": "none"}}]},
    )
    tasks = [
        {"name": "give", "template": "give"},
        {"name": "take", "template": "take", "depends": "give",
         "arguments": {"artifacts": [{"name": "o", "from": "{{tasks.give.outputs.artifacts.o}}"}]}},
    ]  # fmt: skip
    messages, phase = outcome(tmp_path, {"name": "main", "dag": {"tasks": tasks}}, give, take)
    assert (phase, messages["give"]) == ("Error", "")
    assert "open /tmp/o/l: it leads out of the step's own folder" in messages["take"]


def test_nothing_is_unpacked_through_a_link_that_an_earlier_step_left(tmp_path: Path) -> None:
    claim = [{"name": "claim", "mountPath": "/claim"}]
    plant = leaf('mkdir /claim/in; ln -s "$FOLDER" /claim/in/d; ln -s "$FOLDER" /claim/sub', "plant")
    plant["container"] = {**plant["container"], "volumeMounts": claim}
    give = leaf("mkdir -p /work/o/d; echo mine > /work/o/d/secret", "give",
                outputs={"artifacts": [{"name": "o", "path": "/work/o"}]})  # fmt: skip
    take = leaf("true", "take", inputs={"artifacts": [{"name": "o", "path": "/claim/in"}]})
    take["container"] = {**take["container"], "volumeMounts": claim}
    under = leaf("echo mine > /sub/secret", "under")
    under["container"] = {**under["container"], "volumeMounts": [{**claim[0], "mountPath": "/sub", "subPath": "sub"}]}
    artifact = {"name": "o", "from": "{{tasks.give.outputs.artifacts.o}}"}
    tasks = [
        {"name": "plant", "template": "plant"},
        {"name": "give", "template": "give", "depends": "plant"},
        {"name": "take", "template": "take", "depends": "give", "arguments": {"artifacts": [artifact]}},
        {"name": "under", "template": "under", "depends": "plant"},
    ]
    main = {"name": "main", "dag": {"tasks": tasks}}
    claims = [{"metadata": {"name": "claim"}, "spec": {}}]
    messages, _ = outcome(tmp_path, main, plant, give, take, under, volumeClaimTemplates=claims)
    assert "a link lies where it is unpacked" in messages["take"]
    assert "leads out of volume 'claim'" in messages["under"]


@pytest.mark.parametrize("key", [f"{UP}{{}}/out/secret", "{}/out/secret"])
def test_an_artifact_that_an_expression_makes_up_is_not_fetched(key: str, tmp_path: Path) -> None:
    # The controller lets an expression in beside a location alone, which it then makes nothing of.
    made = {"name": "o", "s3": {"key": "o"}, "fromExpression": "{name: 'o', key: '" + key.format(tmp_path) + "'}"}
    outputs = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o", "default": "none"}}]}
    take = leaf("true", "take", inputs={"artifacts": [{"name": "o", "path": "/tmp/o"}]}, outputs=outputs)
    tasks = [{"name": "take", "template": "take", "arguments": {"artifacts": [made]}}]
    messages, phase = outcome(tmp_path, {"name": "main", "dag": {"tasks": tasks}}, take)
    assert (phase, "its key leads out of the run's artifacts" in messages.get("take", "")) == ("Error", True), messages
