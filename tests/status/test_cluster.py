"""`dac status`, `runs`, `logs`, `stop` against what an API server answers; tests/cluster asks a real one.

Each folder of clusters/ is a cluster: cluster.yaml has `workflows`, `cronworkflows` (spec), `secrets`, `logs` (a pod's
name -> what it printed) and `refused` (a part of a path -> the status with which it is refused); `calls` as in cases/.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from sweep import some

from tests.status.history import write_tree

JSON = dict[str, Any]
CLUSTERS = sorted(path.parent for path in Path(__file__).parent.glob("clusters/*/cluster.yaml"))
CRON = "workflows.argoproj.io/cron-workflow"


class ApiServer(BaseHTTPRequestHandler):
    """An API server that has what a cluster.yaml says."""

    content: JSON
    patched: list[JSON]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        for part, status in self.content.get("refused", {}).items():
            if part in path:
                return self.answer({"message": f"{part} is refused"}, status)
        parts = path.strip("/").split("/")
        if parts[-1] == "log":
            text = self.content.get("logs", {}).get(parts[-2])
            return self.answer({"message": "pods not found"}, 404) if text is None else self.sent(text)
        if parts[-1] == "secrets":
            return self.listed([{"metadata": {"name": name}} for name in self.content.get("secrets", [])])
        if parts[-1] in ("workflows", "cronworkflows"):
            items = self.content.get(parts[-1], [])
            names_only = "PartialObjectMetadataList" in self.headers["Accept"]
            return self.listed([{"metadata": item["metadata"]} if names_only else item for item in items])
        item = next((i for i in self.content.get(parts[-2], []) if i["metadata"]["name"] == parts[-1]), None)
        return self.answer(
            item or {"message": f'{parts[-2]}.argoproj.io "{parts[-1]}" not found'}, 200 if item else 404
        )

    def do_PATCH(self) -> None:
        self.patched.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer({})

    def listed(self, items: list[JSON]) -> None:
        """Answer a list in pages of two, as a large cluster does."""
        start = int(dict(p.split("=") for p in urlsplit(self.path).query.split("&")).get("continue", "0"))
        further = str(start + 2) if len(items) > start + 2 else ""
        self.answer({"metadata": {"continue": further}, "items": items[start : start + 2]})

    def answer(self, body: JSON, status: int = 200) -> None:
        self.sent(json.dumps(body), status, "application/json")

    def sent(self, text: str, status: int = 200, kind: str = "text/plain") -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def serving(folder: Path, content: JSON) -> Iterator[type[ApiServer]]:
    """Serve a cluster while the block runs; its kubeconfig is `kubeconfig` in the folder."""
    handler = type("Served", (ApiServer,), {"content": content, "patched": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cluster = {"server": f"http://127.0.0.1:{server.server_port}"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
        (folder / "kubeconfig").write_text(json.dumps(config))
        yield handler
        server.shutdown()


def cluster_of(case: Path) -> JSON:
    """Return a case's cluster, its objects written out as an API server has them."""
    content: JSON = yaml.safe_load((case / "cluster.yaml").read_text())
    for item in content.get("workflows", []):
        name, phase = item.pop("name"), item.pop("phase", "")
        labels = {CRON: item.pop("pipeline", "search"), "workflows.argoproj.io/phase": phase}
        item["metadata"] = {"name": name, "labels": labels, "creationTimestamp": item.pop("created")}
        nodes = {node["id"]: {"type": "Pod", **node} for node in item.pop("nodes", [])}
        status = {"phase": phase, "message": item.pop("message", ""), "nodes": nodes}
        if item.pop("packed", False):
            status["compressedNodes"] = base64.b64encode(
                gzip.compress(json.dumps(status.pop("nodes")).encode())
            ).decode()
        item["status"] = {**status, **item.get("status", {}), "startedAt": item["metadata"]["creationTimestamp"]}
    for item in content.get("cronworkflows", []):
        item["metadata"] = {"name": item.pop("name"), "uid": "u"}
        arguments = [{"name": key, "value": value} for key, value in item.pop("arguments", {}).items()]
        reference = {"name": "rag-indexing-v1", "clusterScope": True}
        item["spec"]["workflowSpec"] = {"workflowTemplateRef": reference, "arguments": {"parameters": arguments}}
    return content


@pytest.mark.exhaustive
@pytest.mark.parametrize("case", some(CLUSTERS, 3), ids=lambda case: case.name)
def test_the_commands_say_what_the_cluster_has(
    case: Path, tmp_path: Path, dac: Callable[..., Any], golden: Callable[[Path, bytes], None]
) -> None:
    content = cluster_of(case)
    write_tree(tmp_path)
    for file, text in content.get("files", {}).items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    printed = []
    with serving(tmp_path, content) as server:
        for words, code in content["calls"]:
            done = dac(*words.split(), cwd=tmp_path, KUBECONFIG=str(tmp_path / "kubeconfig"))
            printed.append(f"$ dac {words}\n{done.stdout}{done.stderr}")
            assert done.returncode == code, printed[-1]
    golden(case / "expected.txt", "\n".join(printed).replace(str(tmp_path), "TREE").encode())
    assert server.patched == content.get("patched", [])


def test_a_cluster_that_is_not_there_is_named(tmp_path: Path, dac: Callable[..., Any]) -> None:
    write_tree(tmp_path)
    done = dac("status", "--cluster", cwd=tmp_path, KUBECONFIG=str(tmp_path / "none"))
    assert done.returncode == 2
    assert done.stderr.startswith("Error: no cluster to ask: ")
