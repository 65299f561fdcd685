"""An endpoint's limit holds over all pods, runs and namespaces: counted by the endpoint, while two projects ask it."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
import yaml
from tree import ROOT, Tree

pytestmark = pytest.mark.image


class Counting(BaseHTTPRequestHandler):
    """A stub that answers after 50 ms and counts: how often each sample was asked, how many were under way at once."""

    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    asked: ClassVar[Counter[str]]
    active = 0
    peak = 0

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = body["messages"][0]["content"].split()[-1]
        with self.lock:
            cls = type(self)
            cls.asked[self.headers["Idempotency-Key"]] += 1
            cls.active += 1
            cls.peak = max(cls.peak, cls.active)
        time.sleep(0.05)
        with self.lock:
            type(self).active -= 1
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}
        data = json.dumps({"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 1}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def counting() -> Iterator[tuple[str, type[Counting]]]:
    class Own(Counting):
        asked: ClassVar[Counter[str]] = Counter()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", Own
    finally:
        server.shutdown()
        server.server_close()


def test_two_projects_that_ask_at_once_stay_within_the_endpoints_limit(tree: Tree) -> None:
    """Each project alone may run two pods of four requests: sixteen together, and the endpoint bears eight."""
    tree.dataset("words", [{"id": f"q{n}", "prompt": f"say w{n}", "references": [f"w{n}"]} for n in range(800)])
    sizes = yaml.safe_load((tree.folder / "standards/catalog/sizes.yaml").read_text())
    sizes["small"]["settings"]["eval-suite"]["shard_samples"] = 200
    tree.catalog("sizes", small=sizes["small"])
    tree.catalog("served_models", **{"docs-assistant": {"limit": 8, "concurrency": 4}})
    tree.catalog("endpoints", **{"model-docs-assistant": {"slots": 2}})
    tree.catalog("registered_models", **{"docs-assistant": {"annotate": ["first/answers", "second/answers"]}})
    suite = {"standard": "eval-suite@v1", "endpoint": "docs-assistant", "dataset": "words@v1",
             "metrics": ["exact_match"], "gate": {"margin": 0.1}, "size": "small"}  # fmt: skip
    for project in ("first", "second"):
        tree.project(project, answers=suite)
    tree.dac("render")
    with counting() as (address, stub):
        tree.bindings["model-docs-assistant"] = address
        runs = [tree.start(*tree.run_command(f"{project}/answers")) for project in ("first", "second")]
        for run in runs:
            output = run.communicate()[0]
            assert run.returncode == 0, output
    assert 4 < stub.peak <= 8, stub.peak  # more than one pod asked, and never more than two
    assert set(stub.asked.values()) == {1}
    assert len(stub.asked) == 1600


def rendered() -> dict[str, Any]:
    """The rendered template of eval-suite by its templates' names."""
    (document,) = yaml.safe_load_all((ROOT / "standards/eval-suite/v1/rendered.yaml").read_text())
    return {template["name"]: template for template in document["spec"]["templates"]}


def test_the_cap_is_one_object_for_all_namespaces() -> None:
    """In a cluster the semaphore is a key of the platform's own ConfigMap, which no project's pod may write."""
    limits = yaml.safe_load((ROOT / "standards/platform/rendered/limits.yaml").read_text())
    kinds = {
        kind: yaml.safe_load((ROOT / f"standards/catalog/{kind}.yaml").read_text())
        for kind in ("served_models", "judges", "endpoints")
    }
    where = {"namespace": limits["metadata"]["namespace"], "name": limits["metadata"]["name"]}
    assert where == {"namespace": "dac-platform", "name": "limits"}
    steps = (("infer", "served_models", "model", "endpoint"), ("judge", "judges", "judge", "judge"))
    for step, kind, prefix, parameter in steps:
        semaphores = rendered()[step]["synchronization"]["semaphores"]
        shared = [
            reference["configMapKeyRef"] for reference in semaphores if reference.get("namespace") == where["namespace"]
        ]
        assert shared == [{"name": "limits", "key": f"{prefix}-{{{{workflow.parameters.{parameter}}}}}"}]
        for name, facts in kinds[kind].items():
            if "limit" not in facts:
                assert f"{prefix}-{name}" not in kinds["endpoints"]  # it has no address, so nobody shares it
                continue
            slots = int(limits["data"][f"{prefix}-{name}"])
            assert slots * facts["concurrency"] <= facts["limit"]


def test_what_could_drown_an_endpoint_is_a_finding_of_the_catalog(tree: Tree) -> None:
    tree.catalog("endpoints", **{"judge-careful": {"slots": 2}})
    tree.catalog("served_models", **{"docs-assistant": {"concurrency": 17}})
    output = tree.dac("check", code=1)
    judges = (tree.folder / "standards/catalog/judges.yaml").read_text().splitlines()
    place = next(n for n, line in enumerate(judges, 1) if line.strip() == "limit: 16" and n > judges.index("rival:"))
    assert (
        f"standards/catalog/judges.yaml:{place}:10: error: careful, rival may be asked 24 times at once, slots times "
        "concurrency, and the serving side bears 16; lower `concurrency`, or `slots` in endpoints.yaml [catalog.crowd]"
    ) in output
    assert "docs-assistant may be asked 68 times at once, slots times concurrency, and the serving side bears" in output
