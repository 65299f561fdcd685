"""What is neither a file nor a folder is not waited for: a pipe, a socket, a device, a file larger than the disk."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from dac.run.local import contents
from runner_harness import run_text, unavailable
from workflows import leaf, workflow

pytestmark = pytest.mark.usefixtures("deadline")

# By its name alone: an address of a socket holds 107 bytes, and the folder's own path may be longer.
SOCKET = "cd /work && python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('o')\""
SPARSE = "truncate -s 1T"
AS_PARAMETER = {"parameters": [{"name": "o", "valueFrom": {"path": "/work/o"}}]}
WITH_DEFAULT = {"parameters": [{"name": "o", "valueFrom": {"path": "/work/o", "default": "none"}}]}
AS_ARTIFACT = {"artifacts": [{"name": "o", "path": "/work/o"}]}
UNPACKED = {"artifacts": [{"name": "o", "path": "/work/o", "archive": {"none": {}}}]}

PIPE = "it is a named pipe, not a regular file or a folder"
LINK_OUT = ("ln -s /dev/", "ln -s /proc/")
CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "parameter": ("mkfifo /work/o", AS_PARAMETER, PIPE),
    "parameter-default": ("mkfifo /work/o", WITH_DEFAULT, PIPE),
    "parameter-link": ("mkfifo /tmp/p; ln -s /tmp/p /work/o", AS_PARAMETER, PIPE),
    "parameter-socket": (SOCKET, AS_PARAMETER, "it is a socket"),
    "parameter-zero": ("ln -s /dev/zero /work/o", AS_PARAMETER, "leads out of the step's own folder"),
    "parameter-sparse": (f"{SPARSE} /work/o", AS_PARAMETER, "a parameter has at most 1,048,576 bytes"),
    "artifact": ("mkfifo /work/o", AS_ARTIFACT, PIPE),
    "artifact-link": ("mkfifo /tmp/p; ln -s /tmp/p /work/o", AS_ARTIFACT, PIPE),
    "artifact-zero": ("ln -s /dev/zero /work/o", AS_ARTIFACT, "leads out of the step's own folder"),
    "artifact-stdin": ("ln -s /proc/self/fd/0 /work/o", AS_ARTIFACT, "leads out of the step's own folder"),
    "artifact-folder": ("mkdir -p /work/o/d; echo a > /work/o/a; mkfifo /work/o/d/p", AS_ARTIFACT, PIPE),
    "unpacked": ("mkfifo /work/o", UNPACKED, PIPE),
    "unpacked-folder": ("mkdir -p /work/o/d; mkfifo /work/o/d/p", UNPACKED, PIPE),
    "unpacked-socket": (SOCKET, UNPACKED, "it is a socket"),
    "unpacked-optional": ("mkfifo /work/o", {"artifacts": [{**UNPACKED["artifacts"][0], "optional": True}]}, PIPE),
    "artifact-sparse": (f"{SPARSE} /work/o", AS_ARTIFACT, ""),
    "unpacked-sparse": (f"{SPARSE} /work/o; echo end >> /work/o", UNPACKED, ""),
    "folder-link": ("mkdir /work/o; ln -s /dev/zero /work/o/l", AS_ARTIFACT, ""),
}


def run(
    state: Path, leaves: list[dict[str, Any]], own_roots: bool | None = None, **spec: Any
) -> dict[str, tuple[str, str]]:
    tasks = [{"name": each["name"], "template": each["name"]} for each in leaves]
    text = workflow([{"name": "main", "dag": {"tasks": tasks, "failFast": False}}, *leaves], **spec)
    pods = [node for node in run_text(text, state, own_roots=own_roots)["nodes"] if node["type"] == "Pod"]
    return {node["displayName"]: (node["phase"], node["message"]) for node in pods}


@pytest.mark.parametrize("own_roots", [None, False], ids=["own-roots", "shared-root"])
def test_an_output_that_is_no_file_is_refused_at_once(own_roots: bool | None, tmp_path: Path) -> None:
    leaves = [leaf(script, name, outputs=outputs) for name, (script, outputs, _) in CASES.items()]
    ended = run(tmp_path, leaves, own_roots)
    for name, (script, _, expected) in CASES.items():
        phase, message = ended[name]
        if own_roots is None and not unavailable(tmp_path) and script.startswith(LINK_OUT):
            expected = "no such file or directory"  # a link leads to its own root's files, of which that is none
        assert expected in message, (name, message)
        assert phase == ("Error" if expected else "Succeeded"), (name, message)
        assert str(tmp_path) not in message, name
    kept = [path for path in tmp_path.rglob("artifacts/**/o") if path.is_file()]
    assert len(kept) == 2
    for path in kept:
        assert (path.stat().st_size >= 1 << 40, path.stat().st_blocks < 1024) == (True, True), "the holes were filled"


def test_a_device_is_refused(tmp_path: Path) -> None:
    made = tmp_path / "device"
    try:
        os.mknod(made, 0o600 | 0o020000, os.makedev(1, 5))  # as /dev/zero
    except PermissionError:
        pytest.skip("only root makes devices")
    for act in (lambda: contents.read(made), lambda: contents.copy(made, tmp_path / "to")):
        with pytest.raises(contents.SpecialFile, match="it is a device"):
            act()
    with pytest.raises(contents.SpecialFile, match="it is a device"):
        contents.copy(tmp_path, tmp_path.parent / "folder")


def test_a_pipe_where_an_input_or_a_script_is_written_is_refused(tmp_path: Path) -> None:
    mount = [{"name": "claim", "mountPath": "/claim"}]
    plant = leaf("mkfifo /claim/in; mkdir /claim/staging; mkfifo /claim/staging/script", "plant")
    give = leaf("echo a > /work/o", "give", outputs=AS_ARTIFACT)
    raw = leaf("true", "raw", inputs={"artifacts": [{"name": "o", "path": "/claim/in", "raw": {"data": "a"}}]})
    take = leaf("true", "take", inputs={"artifacts": [{"name": "o", "path": "/claim/in"}]})
    for each in (plant, raw, take):
        each["container"] = {**each["container"], "volumeMounts": mount}
    script = {"name": "script", "script": {"image": "busybox", "command": ["sh"], "source": "true",
                                           "volumeMounts": [{"name": "claim", "mountPath": "/argo"}]}}  # fmt: skip
    artifact = {"name": "o", "from": "{{tasks.give.outputs.artifacts.o}}"}
    tasks = [
        {"name": "plant", "template": "plant"},
        {"name": "give", "template": "give", "depends": "plant"},
        {"name": "raw", "template": "raw", "depends": "plant"},
        {"name": "take", "template": "take", "depends": "give", "arguments": {"artifacts": [artifact]}},
        {"name": "script", "template": "script", "depends": "plant"},
    ]
    main = {"name": "main", "dag": {"tasks": tasks, "failFast": False}}
    text = workflow([main, plant, give, raw, take, script],
                    volumeClaimTemplates=[{"metadata": {"name": "claim"}, "spec": {}}])  # fmt: skip
    nodes = {node["displayName"]: node for node in run_text(text, tmp_path)["nodes"] if node["type"] == "Pod"}
    for name in ("raw", "take", "script"):
        assert (nodes[name]["phase"], PIPE in nodes[name]["message"]) == ("Error", True), nodes[name]


def test_what_a_step_puts_in_the_place_of_its_output_is_not_read(tmp_path: Path) -> None:
    """The program replaces the file that its standard output goes to by a pipe, then by a link out."""
    (tmp_path / "secret").write_text("c0nfidential")
    for act in ("mkfifo $kept", "ln -s $FOLDER/secret $kept"):
        make = leaf(f"echo good; kept=$(dirname $HOME)/../stdout; rm $kept; {act}", "make")
        shown = leaf("true", "shown", inputs={"parameters": [{"name": "x"}]})
        result = {"parameters": [{"name": "x", "value": "{{tasks.make.outputs.result}}"}]}
        tasks = [
            {"name": "make", "template": "make"},
            {"name": "shown", "template": "shown", "depends": "make", "arguments": result},
        ]
        text = workflow([{"name": "main", "dag": {"tasks": tasks}}, make, shown], tmp_path)
        record = run_text(text, tmp_path / act.split()[0])
        assert "c0nfidential" not in str(record)
        assert record["phase"] == "Succeeded", record
        assert "'good'" in str(record)


def test_a_copy_is_the_file_it_was(tmp_path: Path) -> None:
    """Holes, data between them, modes, times and links come out as they went in."""
    source = tmp_path / "in"
    (source / "d").mkdir(parents=True)
    with (source / "d/sparse").open("wb") as file:
        for place in (0, 1 << 20, 5 << 20):
            file.seek(place)
            file.write(os.urandom(70_000))
        file.truncate(9 << 20)
    (source / "empty").touch(mode=0o640)
    (source / "link").symlink_to("empty")
    (source / "dangling").symlink_to("/nowhere")
    target = tmp_path / "out"
    (target / "d").mkdir(parents=True)
    (target / "d/sparse").write_bytes(b"x" * (10 << 20))
    contents.copy(source, target)
    assert (target / "d/sparse").read_bytes() == (source / "d/sparse").read_bytes()
    assert (target / "empty").stat().st_mode == (source / "empty").stat().st_mode
    assert (os.readlink(target / "link"), os.readlink(target / "dangling")) == ("empty", "/nowhere")
    assert (target / "d/sparse").stat().st_mtime_ns == (source / "d/sparse").stat().st_mtime_ns


def test_a_pipe_that_a_running_process_holds_open_is_refused(tmp_path: Path) -> None:
    """With a reader at its other end an open succeeds, and a write would go to it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        (tmp_path / "file").write_text("a")
        for special in (pipe, tmp_path / "socket"):
            with pytest.raises(contents.SpecialFile):
                contents.read(special)
            with pytest.raises(contents.SpecialFile):
                contents.write(special, "a")
            with pytest.raises(contents.SpecialFile):
                contents.copy(tmp_path / "file", special)
    os.close(held)


def test_a_pipe_is_refused_before_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To open a device can act by itself: to rewind a tape, or to ring a line."""
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(contents.os, "open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(contents.SpecialFile):
        contents.read(tmp_path / "pipe")


def test_a_pipe_that_comes_between_the_look_and_the_opening_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(Path, "exists", lambda _: False)  # what it said before the pipe was there
    with pytest.raises(contents.SpecialFile):
        contents.read(tmp_path / "pipe")
