"""A run in a cluster is told line by line, and a control plane that is away for a while loses nobody their run.

What the API server answers is written down here; tests/cluster follows a real run.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from dac.cluster import ClusterError, follow
from dac.cluster.api import Unanswered
from dac.cluster.submit import workflow

JSON = dict[str, Any]
Dac = Callable[..., "subprocess.CompletedProcess[str]"]


class Answers:
    """An API server that gives these answers, one after the other."""

    def __init__(self, *answers: JSON | Exception) -> None:
        self.answers: Iterator[JSON | Exception] = iter(answers)

    def get(self, plural: str, name: str) -> JSON:
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def create(self, plural: str, body: JSON) -> JSON:
        raise AssertionError("nothing is made here")


def seen(phase: str, message: str = "", **pods: tuple[str, str]) -> JSON:
    """Return a Workflow with these pods: name=(phase, message)."""
    nodes = {
        name: {"id": name, "displayName": name, "type": "Pod", "phase": phase, "message": reason}
        for name, (phase, reason) in pods.items()
    }
    return {"status": {"phase": phase, "message": message, "nodes": nodes}}


def test_each_change_is_told_once_and_the_end_with_its_reason() -> None:
    lines: list[str] = []
    answers = Answers(
        {},
        seen("Pending", "Waiting for docs/Mutex/search lock. Lock status: 0/1"),
        seen("Running", discover=("Pending", "")),
        seen("Running", discover=("Running", "")),
        seen("Running", discover=("Running", "")),
        Unanswered("the cluster does not answer: connection refused"),
        seen("Running", discover=("Failed", "exit code 75")),
        seen("Failed", "child 'search-1' failed", discover=("Failed", "exit code 75")),
    )
    assert follow(answers, "search-1", lines.append, pause=0) == "Failed"
    assert lines == [
        "search-1 Pending: Waiting for docs/Mutex/search lock. Lock status: 0/1",
        "discover Pending",
        "search-1 Running",
        "discover Running",
        "the cluster does not answer: connection refused; asking again",
        "discover Failed: exit code 75",
        "search-1 Failed: child 'search-1' failed",
    ]


def test_a_run_that_was_deleted_is_not_waited_for() -> None:
    with pytest.raises(ClusterError, match=r"^the cluster refuses: workflows.argoproj.io \"x\" not found$"):
        follow(Answers(ClusterError('the cluster refuses: workflows.argoproj.io "x" not found')), "x", print, pause=0)


def test_a_run_is_what_argo_submit_from_makes_with_arguments_given_over_its_own() -> None:
    reference = {"name": "rag-indexing-v1", "clusterScope": True}
    held = [{"name": "size", "value": "small"}, {"name": "store", "value": "qdrant"}]
    spec = {"workflowTemplateRef": reference, "arguments": {"parameters": held}}
    cron = {"metadata": {"name": "search", "uid": "u-1"}, "spec": {"workflowSpec": spec, "suspend": True}}
    assert workflow(cron, {"size": "large", "commit": "c0ffee"}) == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "generateName": "search-",
            "labels": {"workflows.argoproj.io/cron-workflow": "search"},
            "ownerReferences": [
                {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "name": "search", "uid": "u-1"}
            ],
        },
        "spec": {
            "workflowTemplateRef": reference,
            "arguments": {
                "parameters": [
                    {"name": "store", "value": "qdrant"},
                    {"name": "size", "value": "large"},
                    {"name": "commit", "value": "c0ffee"},
                ]
            },
        },
    }
    assert held[0]["value"] == "small", "the CronWorkflow itself is left as it is"


class ApiServer(BaseHTTPRequestHandler):
    """An API server in which a run goes on forever."""

    def do_GET(self) -> None:
        spec = {"workflowSpec": {"workflowTemplateRef": {"name": "rag-indexing-v1", "clusterScope": True}}}
        about = {"metadata": {"name": "search", "uid": "u-1"}}
        self.answer({**about, "spec": spec} if "/cronworkflows/" in self.path else seen("Running"))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer({**body, "metadata": {**body["metadata"], "name": "search-7xk2p"}}, 201)

    def answer(self, body: JSON, status: int = 200) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Ended(ApiServer):
    """An API server in which a run is done at once; it keeps what it was given."""

    given: list[JSON]

    def answer(self, body: JSON, status: int = 200) -> None:
        if status == 201:
            self.given.append(body["spec"]["arguments"])
        super().answer(seen("Succeeded", rollback=("Succeeded", "")) if "status" in body else body, status)


@contextlib.contextmanager
def kubeconfig(folder: Path, handler: type[ApiServer]) -> Iterator[str]:
    """Serve an API while the block runs; yield its kubeconfig."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
        (folder / "kubeconfig").write_text(json.dumps(config))
        yield str(folder / "kubeconfig")
        server.shutdown()


@pytest.mark.exhaustive
def test_a_rollback_is_submitted_as_a_run_of_that_action_alone(dac_program: Dac, tmp_path: Path) -> None:
    Ended.given = []
    with kubeconfig(tmp_path, Ended) as config:
        done = dac_program("rollback", "--cluster", "docs/search", KUBECONFIG=config)
    assert Ended.given == [{"parameters": [{"name": "action", "value": "rollback"}]}]
    assert done.stderr.splitlines()[-3:] == [
        "search-7xk2p submitted to docs",
        "rollback Succeeded",
        "search-7xk2p Succeeded",
    ]
    assert json.loads(done.stdout) == {"name": "search-7xk2p", "phase": "Succeeded", "namespace": "docs"}
    assert done.returncode == 0


def test_a_rollback_in_the_cluster_takes_no_addresses_of_this_machine(dac: Dac, tmp_path: Path) -> None:
    (tmp_path / "bindings.yaml").write_text("endpoints: {}\n")
    done = dac("rollback", "--cluster", "docs/search", "--bindings", tmp_path / "bindings.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: --bindings is for an index that this machine reaches; with --cluster a pod reaches it\n"
    )


@pytest.mark.exhaustive
def test_ctrl_c_leaves_the_run_and_says_how_to_follow_it_on(root: Path, tmp_path: Path) -> None:
    with kubeconfig(tmp_path, ApiServer) as config:
        command = [Path(sys.executable).with_name("dac"), "run", "--root", root, "--cluster", "docs/search"]
        with subprocess.Popen(
            command,
            env=os.environ | {"KUBECONFIG": config},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:
            assert process.stderr is not None
            lines = []
            for line in process.stderr:
                lines.append(line.rstrip())
                if line == "search-7xk2p Running\n":
                    process.send_signal(signal.SIGINT)
            code = process.wait(30)
    assert lines[-4:] == [
        "search-7xk2p submitted to docs",
        "search-7xk2p Running",
        "search-7xk2p goes on in the cluster; follow it with: dac run --cluster docs/search --follow search-7xk2p",
        "or end it with: dac stop --cluster docs/search-7xk2p",
    ]
    assert code == 130
