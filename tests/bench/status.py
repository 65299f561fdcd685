"""Times `dac status` over many projects: on this machine, and of a cluster whose API server is a stand-in.

    .venv/bin/python tests/bench/status.py [--projects 1000] [--runs 3]

Each project has a pipeline with one run, of 40 nodes; of every tenth it failed. The baseline is named in the output:
what one client takes to read the same runs from the same server, one by one, with no look at them.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from check import COLD, DAC, best, generate, read_options

CRON, PHASE = "workflows.argoproj.io/cron-workflow", "workflows.argoproj.io/phase"
STARTED = "2026-11-28T03:00:00Z"


class ApiServer(BaseHTTPRequestHandler):
    """Lists of all namespaces, and each run whole; a run has as many nodes as those of the standards have."""

    protocol_version = "HTTP/1.1"
    projects: tuple[tuple[str, str], ...] = ()

    def do_GET(self) -> None:
        """Answer a list in one page, or a run."""
        parts = self.path.partition("?")[0].strip("/").split("/")
        if parts[-1] == "workflows":
            return self.answer({"metadata": {}, "items": [{"metadata": self.metadata(*of)} for of in self.projects]})
        if parts[-1] == "cronworkflows":
            return self.answer({"metadata": {}, "items": [self.cron(*of) for of in self.projects]})
        if parts[-1] == "secrets":
            items = [{"metadata": {"name": "store-qdrant", "namespace": project}} for project, _ in self.projects]
            return self.answer({"metadata": {}, "items": items})
        if parts[-2] != "workflows":
            return self.answer({"message": "not found"}, 404)
        project = parts[-3]
        name = workflow(project)
        status = {
            "phase": self.phase(project),
            "startedAt": STARTED,
            "finishedAt": STARTED,
            "nodes": self.nodes(project),
        }
        return self.answer({"metadata": self.metadata(project, name), "spec": {}, "status": status})

    def phase(self, project: str) -> str:
        """Return how the run of a project went."""
        return "Failed" if project.endswith("0") else "Succeeded"

    def metadata(self, project: str, name: str) -> dict[str, Any]:
        """Return a Workflow's metadata."""
        labels = {CRON: name, PHASE: self.phase(project)}
        return {"name": f"{name}-1", "namespace": project, "creationTimestamp": STARTED, "labels": labels}

    def cron(self, project: str, name: str) -> dict[str, Any]:
        """Return a CronWorkflow."""
        template = {"workflowTemplateRef": {"name": "rag-indexing-v1"}}
        spec = {"schedules": ["0 3 * * *"], "timezone": "Etc/UTC", "workflowSpec": template}
        return {"metadata": {"name": name, "namespace": project}, "spec": spec}

    def nodes(self, project: str) -> dict[str, Any]:
        """Return the nodes of a run."""
        node = {"type": "Pod", "templateName": "embed", "startedAt": STARTED, "finishedAt": STARTED, "message": ""}
        phase = self.phase(project)
        return {f"n{i}": {**node, "id": f"n{i}", "name": f"run.{i}", "displayName": f"step-{i}", "phase": phase}
                for i in range(40)}  # fmt: skip

    def answer(self, body: dict[str, Any], status: int = 200) -> None:
        """Send JSON."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def workflow(project: str) -> str:
    """Return the name of the pipeline that a generated project has."""
    return f"search-{int(project.rpartition('-')[2])}"


@contextmanager
def serving(folder: Path, projects: list[str]) -> Iterator[int]:
    """Serve a cluster with these projects from another process; its kubeconfig lies in the folder."""
    server = subprocess.Popen([sys.executable, __file__, "--serve", *projects], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    port = int(server.stdout.readline())
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    (folder / "kubeconfig").write_text(json.dumps(config))
    try:
        yield port
    finally:
        server.kill()
        server.wait()


def bare(port: int, projects: list[str]) -> float:
    """Return the seconds in which one client reads a run of each project."""
    began, connection = time.monotonic(), http.client.HTTPConnection("127.0.0.1", port)
    for project in projects:
        connection.request("GET", f"/apis/argoproj.io/v1alpha1/namespaces/{project}/workflows/{workflow(project)}-1")
        connection.getresponse().read()
    return time.monotonic() - began


def main() -> None:
    """Print the figures."""
    options = read_options(__doc__)
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name)
        generate(tree, options.projects)
        projects = sorted(path.name for path in (tree / "projects").iterdir())
        here = best([DAC, "status"], tree, options.runs)
        print(f"dac status, {len(projects)} projects, this machine: {here.wall:.2f} s, processor {here.cpu:.2f} s")
        with serving(tree, projects) as port:
            print(f"baseline, the runs read one by one: {bare(port, projects):.2f} s")
            COLD["KUBECONFIG"] = str(tree / "kubeconfig")
            there = best([DAC, "status", "--cluster"], tree, options.runs)
        print(f"dac status --cluster: {there.wall:.2f} s, processor {there.cpu:.2f} s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        ApiServer.projects = tuple((project, workflow(project)) for project in sys.argv[2:])
        with ThreadingHTTPServer(("127.0.0.1", 0), ApiServer) as api:
            print(api.server_port, flush=True)
            api.serve_forever()
    else:
        main()
