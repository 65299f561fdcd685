"""Daemons: up once their probe passes, ended with the DAG or steps around them, and never left behind."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from dac.run.local import readiness, runner
from runner_harness import notes, run_text
from workflows import command, leaf, workflow


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def daemon(script: str, name: str = "daemon", **more: Any) -> dict[str, Any]:
    template = leaf(script, name, daemon=True)
    template["container"] |= more
    return template


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["httpGet", "tcpSocket", "exec"])
def test_what_follows_waits_until_the_probe_passes(tmp_path: Path, kind: str) -> None:
    port = free_port()
    probe = {
        "httpGet": {"path": "/", "port": "web"},
        "tcpSocket": {"port": port},
        "exec": {"command": ["test", "-e", str(tmp_path / "up")]},
    }[kind]
    server = f"sleep 1; touch $FOLDER/up; exec python3 -m http.server --bind 127.0.0.1 {port}"
    ports = [{"name": "web", "containerPort": port}]
    up = daemon(server, readinessProbe={kind: probe}, ports=ports, workingDir=str(tmp_path / "www"))
    steps = [
        [{"name": "up", "template": "daemon"}],
        [{"name": "use", "template": "use", "when": "'{{steps.up.ip}}' == '127.0.0.1'"}],
    ]
    text = workflow([{"name": "main", "steps": steps}, up, leaf("test -e $FOLDER/up", "use")], tmp_path)
    record = run_text(text, tmp_path / "state")
    phases = {node["displayName"]: node["phase"] for node in record["nodes"] if node["type"] == "Pod"}
    assert phases == {"up": "Succeeded", "use": "Succeeded"}


def test_a_daemon_ends_with_the_steps_around_it(tmp_path: Path) -> None:
    inner = {"name": "inner", "steps": [[{"name": "up", "template": "daemon"}], [{"name": "use", "template": "ok"}]]}
    main = {
        "name": "main",
        "steps": [[{"name": "inner", "template": "inner"}], [{"name": "after", "template": "gone"}]],
    }
    gone = leaf(
        "for i in 1 2 3 4 5; do kill -0 $(cat $FOLDER/pid) 2>/dev/null || exit 0; sleep 1; done; exit 1", "gone"
    )
    up = daemon("echo $$$$ > $FOLDER/pid; exec sleep 600")
    record = run_text(workflow([main, inner, up, leaf("true", "ok"), gone], tmp_path), tmp_path / "state")
    assert record["phase"] == "Succeeded"


def left(marker: str) -> list[str]:
    """The processes whose command line holds a marker."""
    processes: list[str] = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            processes += [line for line in [process.read_bytes().decode(errors="replace")] if marker in line]
    return processes


@pytest.mark.parametrize(("script", "phase"), [("exec sleep 600.{}", "Error"), ("exit 3 # {}", "Failed")])
def test_a_daemon_alone_is_ended_with_the_run(tmp_path: Path, script: str, phase: str) -> None:
    """To Argo, a run whose entry is a daemon ends in error once that is up, which may be before its first line ran."""
    marker = f"{time.time_ns()}"
    record = run_text(workflow([daemon(script.format(marker), "main")], tmp_path), tmp_path / "state")
    assert record["phase"] in (phase, "Error")  # one that fails at once may have been up before
    assert left(marker) == []


@pytest.mark.parametrize("own_roots", [None, False])
def test_a_try_of_a_probe_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_roots: bool | None
) -> None:
    monkeypatch.setattr(readiness, "_TIMEOUT", 0.3)
    marker = f"{time.time_ns()}"
    probe = {"exec": {"command": ["sh", "-c", f"echo >> $FOLDER/tries; sleep 600.{marker}; true"]}}
    steps = [[{"name": "up", "template": "daemon"}], [{"name": "use", "template": "use"}]]
    templates = [{"name": "main", "steps": steps}, daemon("sleep 600", readinessProbe=probe), leaf("true", "use")]
    text = workflow(templates, tmp_path, activeDeadlineSeconds=3)
    assert run_text(text, tmp_path / "state", own_roots=own_roots)["phase"] == "Failed"
    assert len((tmp_path / "tries").read_text()) > 1
    assert left(marker) == []


@pytest.mark.exhaustive
def test_a_probe_by_https_trusts_whoever_answers_and_sends_its_headers(tmp_path: Path) -> None:
    program = Path(__file__).parent / "certificate.go"
    pem = tmp_path / "both.pem"
    pem.write_text(subprocess.run(["go", "run", program], check=True, capture_output=True, text=True).stdout)
    source = (
        "import http.server, ssl\n"
        "class Answer(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200 if self.headers['X-Who'] == 'kubelet' else 500)\n"
        "        self.end_headers()\n"
        f"server = http.server.HTTPServer(('127.0.0.1', {(port := free_port())}), Answer)\n"
        "context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
        f"context.load_cert_chain({str(pem)!r})\n"
        "server.socket = context.wrap_socket(server.socket, server_side=True)\n"
        "server.serve_forever()\n"
    )
    asked = {"port": port, "scheme": "HTTPS", "httpHeaders": [{"name": "X-Who", "value": "kubelet"}]}
    script = {"image": "any", "command": ["python3"], "source": source, "readinessProbe": {"httpGet": asked}}
    key = {"configMapKeyRef": {"name": "files", "key": "certificate"}}  # so that its own root has the file
    script["env"] = [{"name": "CERTIFICATE", "valueFrom": key}]
    up = {"name": "up", "daemon": True, "script": script}
    steps = [[{"name": "up", "template": "up"}], [{"name": "use", "template": "use"}]]
    text = workflow([{"name": "main", "steps": steps}, up, leaf("true", "use")], tmp_path)
    record = run_text(text, tmp_path / "state", configmaps={"files": {"certificate": str(pem)}})
    assert record["phase"] == "Succeeded", record["nodes"]


def test_a_run_that_only_daemons_hold_up_says_so(tmp_path: Path) -> None:
    tasks = [
        {"name": "server", "template": "daemon"},
        {"name": "client", "template": "client", "when": "'{{tasks.server.ip}}' != ''"},
    ]
    file = tmp_path / "w.yaml"
    file.write_text(
        workflow([{"name": "main", "dag": {"tasks": tasks}}, daemon("sleep 2"), leaf("true", "client")], tmp_path)
    )
    ran = subprocess.run(command(file, tmp_path / "state"), capture_output=True, text=True)
    lines = [line for line in ran.stderr.splitlines() if line.startswith("nothing but")]
    text = "nothing but daemons runs (server): until one ends the run waits, as it would in Argo"
    assert lines == [f"{text}; client: failed to resolve {{{{tasks.server.ip}}}}"], ran.stderr
    assert ran.returncode == 1


def test_a_daemon_that_is_never_ready_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "PATIENCE", 0.2)
    steps = [[{"name": "up", "template": "daemon"}], [{"name": "use", "template": "use"}]]
    up = daemon("sleep 1", readinessProbe={"tcpSocket": {"port": free_port()}})
    record = run_text(workflow([{"name": "main", "steps": steps}, up, leaf("true", "use")]), tmp_path)
    waits = "until one ends or is ready the run waits, as it would in Argo"
    assert notes(tmp_path)[:1] == [f"nothing but daemons runs (up, which is not ready): {waits}"]
    assert record["phase"] == "Failed"
