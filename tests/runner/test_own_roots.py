"""With --own-roots each container of an image of one's own has its folder for a root, as in a pod."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dac import run
from dac.cli.run import run as command
from dac.roots.root import Wanted
from runner_harness import run_text, unavailable
from workflows import leaf, workflow

MARK = "dac-test-of-own-roots"


@pytest.fixture(autouse=True)
def mounted(tmp_path: Path) -> None:
    if reason := unavailable(tmp_path):
        pytest.skip(reason)


def steps(*templates: dict[str, Any], **calls: dict[str, Any]) -> list[dict[str, Any]]:
    listed = [[{"name": t["name"], "template": t["name"], **calls.get(t["name"], {})}] for t in templates]
    return [{"name": "main", "steps": listed}, *templates]


FOLDERS = ("/", "/etc", "/home", "/opt", "/tmp", "/usr", "/var", "/var/lib", "/var/tmp")


def machine() -> list[Path]:
    """What a step left on this machine."""
    return [path for path in (Path(folder, MARK) for folder in FOLDERS) if path.exists()]


def give_none(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    """Let this machine give no roots for a reason; without one, what it gives."""

    def none(_state: Path) -> None:
        raise run.Unavailable(reason)

    if reason:
        monkeypatch.setattr("dac.run.Roots", none)


def test_a_script_that_arrives_as_an_input_leaves_nothing_and_shares_no_tmp(tmp_path: Path) -> None:
    text = f"#!/bin/sh\nmkdir /{MARK}; touch /{MARK}/x; for f in {' '.join(FOLDERS)}; do touch $f/{MARK}; done"
    script = {"artifacts": [{"name": "s", "path": "/work/s", "mode": 0o755, "raw": {"data": text}}]}
    writes = {"name": "writes", "inputs": script, "container": {"image": "any", "command": ["/work/s"]}}
    sees = leaf(f"! ls /tmp/{MARK} /var/tmp/{MARK} /{MARK}", "sees")
    record = run_text(workflow(steps(writes, sees)), tmp_path, own_roots=True)
    assert record["phase"] == "Succeeded", record["nodes"]
    assert not machine()


@pytest.mark.parametrize("path", [f"/{MARK}/r", f"/etc/{MARK}", f"/usr/share/{MARK}/r", f"/home/{MARK}", "/tmp/r"])
def test_a_path_that_only_the_program_knows_is_the_containers(tmp_path: Path, path: str) -> None:
    words = path[1:].split("/")
    source = (
        f"import os\npath = os.path.join('/', *{words})\nos.makedirs(os.path.dirname(path), exist_ok=True)\n"
        "open(path, 'w').write('hi'); os.symlink(path, '/tmp/link')"
    )
    given = [{"name": "r", "valueFrom": {"path": "/tmp/link"}}, {"name": "file", "valueFrom": {"path": path}}]
    outputs = {"parameters": given}
    script = {"image": "any", "command": ["python3"], "source": source}
    record = run_text(workflow([{"name": "main", "outputs": outputs, "script": script}]), tmp_path, own_roots=True)
    assert record["nodes"][0]["parameters"] == {"r": "hi", "file": "hi"}, record["nodes"]
    assert not Path(path).exists()


def test_a_program_is_seen_through_every_link_that_leads_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below /tmp, which is the container's own: an interpreter behind a link, by a folder that is a link."""
    installed, environment, folder = (tmp_path / name for name in ("installed", "environment", "by-link"))
    for bin in (installed / "bin", environment / "bin"):
        bin.mkdir(parents=True)
    (installed / "said").write_text("by what lies beside it")
    (installed / "bin/says-1.2").write_text('#!/bin/sh\ncat "$(dirname "$(readlink -f "$0")")/../said"\n')
    (installed / "bin/says-1.2").chmod(0o755)
    (installed / "bin/says").symlink_to("says-1.2")
    (environment / "bin/says").symlink_to(installed / "bin/says")
    folder.symlink_to(environment)
    monkeypatch.setenv("PATH", f"{folder}/bin:/usr/bin:/bin")
    template = {"name": "main", "container": {"image": "any", "command": ["says"]}}
    record = run_text(workflow([template]), tmp_path / "state", own_roots=True)
    assert (record["nodes"][0]["phase"], record["nodes"][0]["message"]) == ("Succeeded", ""), record["nodes"]
    assert (tmp_path / "state/runs/w/logs/w.log").read_text() == "by what lies beside it"


def test_volumes_lie_in_one_another(tmp_path: Path) -> None:
    claims = [{"metadata": {"name": name}, "spec": {}} for name in ("outer", "inner")]
    mounts = [{"name": "outer", "mountPath": "/v"}, {"name": "inner", "mountPath": "/v/deep/er"}]
    writes = leaf("echo hi > /v/deep/er/f; test ! -e /tmp/f", "writes")
    reads = leaf("cat /v/deep/er/f; touch /v/g; ls /usr/bin/env /dev/null /dev/shm", "reads")
    for template in (writes, reads):
        template["container"]["volumeMounts"] = mounts
    record = run_text(workflow(steps(writes, reads), volumeClaimTemplates=claims), tmp_path, own_roots=True)
    assert record["phase"] == "Succeeded", record["nodes"]


def test_a_folder_of_the_machine_is_written_in_the_step_alone(tmp_path: Path) -> None:
    script = f"echo hi > /etc/{MARK}; echo x > /opt/{MARK}; mkdir -p /var/lib/{MARK}; cat /etc/{MARK} /etc/passwd"
    reads = leaf(f"cat /etc/passwd; ! ls /etc/{MARK} /opt/{MARK}", "reads")
    record = run_text(workflow(steps(leaf(script, "writes"), reads)), tmp_path, own_roots=True)
    assert record["phase"] == "Succeeded", record["nodes"]
    assert not machine()


def test_a_probe_runs_in_the_root_of_its_container(tmp_path: Path) -> None:
    up = leaf("touch /tmp/up; exec sleep 600", "up", daemon=True)
    up["container"]["readinessProbe"] = {"exec": {"command": ["test", "-e", "/tmp/up"]}}
    record = run_text(workflow(steps(up, leaf("test ! -e /tmp/up", "use"))), tmp_path, own_roots=True)
    assert record["phase"] == "Succeeded", record["nodes"]


def test_what_a_deadline_ends_leaves_nothing_behind(tmp_path: Path) -> None:
    record = run_text(workflow([leaf("sleep 600", activeDeadlineSeconds=1)]), tmp_path, own_roots=True)
    assert record["phase"] == "Failed", record["nodes"]
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    shutil.rmtree(tmp_path / "runs")  # the folders that the kernel made beside it too


@pytest.mark.parametrize("missing", ["", "there are none"])
def test_roots_are_asked_for_and_refused_where_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    give_none(monkeypatch, missing)
    file = tmp_path / "w.yaml"
    file.write_text(workflow([leaf("touch /tmp/x; test $HOME = /tmp", "main")]))
    flags = ["--host-commands", "--own-roots", "--state", str(tmp_path / "state")]
    result = CliRunner().invoke(command, ["-f", str(file), *flags])
    assert result.exit_code == (2 if missing else 0), result.output
    assert not missing or f"--own-roots is not available here: {missing}" in result.output


@pytest.mark.parametrize(
    ("flags", "missing", "expected"),
    [
        ([], "", "own"),
        ([], "there are none", "machine"),
        (["--no-own-roots"], "", "machine"),
    ],
)
def test_a_container_has_one_wherever_it_can(
    flags: list[str], missing: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program makes its path up, so that nobody can rewrite it."""
    give_none(monkeypatch, missing)
    made = tmp_path / "made/file"
    source = f"import os\npath = os.path.join(*{made.parts})\nos.makedirs(os.path.dirname(path))\nopen(path, 'w')"
    file = tmp_path / "w.yaml"
    file.write_text(workflow([{"name": "main", "script": {"image": "any", "command": ["python3"], "source": source}}]))
    result = CliRunner().invoke(
        command, ["-f", str(file), "--host-commands", "--state", str(tmp_path / "state"), *flags]
    )
    assert result.exit_code == 0, result.output
    assert made.exists() == (expected == "machine")
    note = f"this machine gives containers no roots of their own ({missing}): paths are rewritten in commands"
    assert (note in result.output) == bool(missing)


def test_a_start_that_is_given_up_before_its_turn_asks_for_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What it would write to is closed by then, and another file may have its descriptor."""

    async def printed(roots: run.Roots) -> str:
        def program(text: str) -> Wanted:
            folder = tmp_path / "root"
            folder.mkdir(exist_ok=True)
            environment = {"PATH": os.environ["PATH"]}
            return Wanted(str(folder), ["/tmp"], {}, "", 0, ["sh", "-c", f"echo {text}"], environment, "/")

        with (tmp_path / "out").open("wb") as out:
            first = asyncio.create_task(roots.start(program("first"), out.fileno(), out.fileno()))
            with (tmp_path / "given-up").open("wb") as closed:
                descriptor = closed.fileno()
                second = asyncio.create_task(roots.start(program("second"), closed.fileno(), closed.fileno()))
                await asyncio.sleep(0)
                second.cancel()
                await asyncio.wait([second])
            with (tmp_path / "other").open("wb") as other:
                assert other.fileno() == descriptor
                third = await roots.start(program("third"), out.fileno(), out.fileno())
                assert await (await first).wait() == await third.wait() == 0
        return (tmp_path / "out").read_text()

    roots = run.Roots(tmp_path)
    try:
        assert sorted(asyncio.run(printed(roots)).split()) == ["first", "third"]
    finally:
        roots.close()
    assert (tmp_path / "given-up").read_text() == (tmp_path / "other").read_text() == ""
    assert caplog.records == []
