"""What the API server says of projects, pipelines and runs, page by page, and what the sweeper makes of refusals."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from runtime.errors import InputError, TryAgain
from runtime.retention.cluster import Cluster
from runtime.retention.item import Living

CRON, COMPLETED = "workflows.argoproj.io/cron-workflow", "workflows.argoproj.io/completed"


def workflow(project: str, name: str, **labels: str) -> dict[str, Any]:
    """A Workflow's metadata."""
    return {"metadata": {"namespace": project, "name": name, "uid": f"uid-{name}", "labels": labels}}


def cron(project: str, name: str, *stores: str) -> dict[str, Any]:
    """A CronWorkflow with the argument `store`, if it has one."""
    given = {"parameters": [{"name": "store", "value": store} for store in stores]}
    return {"metadata": {"namespace": project, "name": name}, "spec": {"workflowSpec": {"arguments": given}}}


LISTS = {
    "namespaces": [
        {"metadata": {"name": "docs", "annotations": {"dac.dev/pipelines": "search,soon"}}},
        {"metadata": {"name": "empty"}},
    ],
    "cronworkflows": [cron("docs", "search", "qdrant"), cron("docs", "leaving")],
    "workflows": [
        workflow("docs", "search-1", **{CRON: "search", COMPLETED: "true"}),
        workflow("docs", "search-2", **{CRON: "search"}),
        workflow("docs", "by-hand"),
    ],
}


class Server(BaseHTTPRequestHandler):
    """Lists of one object a page; a path in `refused` has another status."""

    refused: ClassVar[dict[str, int]] = {}
    asked: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        """Answer with a page."""
        parts, query = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
        kind, start = parts.path.rpartition("/")[2], int(query.get("continue", ["0"])[0])
        self.asked.append((parts.path, self.headers["Authorization"]))
        items = LISTS[kind]
        following = {"continue": str(start + 1)} if start + 1 < len(items) else {}
        body = json.dumps({"items": items[start : start + 1], "metadata": following}).encode()
        self.send_response(self.refused.get(kind, 200))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Give an API server, and an account whose token it takes."""
    (tmp_path / "token").write_text("secret")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Server.refused.clear()
    Server.asked.clear()
    yield Cluster(f"http://127.0.0.1:{server.server_port}", tmp_path)
    server.shutdown()
    server.server_close()


def test_what_lives_is_read_page_by_page(cluster: Cluster) -> None:
    """A pipeline lives where its namespace names it, or where its CronWorkflow is still there."""
    runs = frozenset({"uid-search-1", "search-1", "uid-search-2", "search-2", "uid-by-hand", "by-hand"})
    pipelines = {"docs": {"search": "qdrant", "soon": "", "leaving": ""}, "empty": {}}
    assert cluster.living() == Living(pipelines, {"docs": runs}, {"docs": frozenset({"search", "*"})})
    assert {token for _, token in Server.asked} == {"Bearer secret"}
    cluster.living("docs")
    assert Server.asked[-1][0] == "/apis/argoproj.io/v1alpha1/namespaces/docs/workflows"


@pytest.mark.parametrize(("status", "error"), [(403, InputError), (404, InputError), (429, TryAgain), (500, TryAgain)])
def test_a_refused_list_is_an_error_and_never_empty(cluster: Cluster, status: int, error: type[Exception]) -> None:
    """Nothing is taken for gone because the account may not list it."""
    Server.refused["cronworkflows"] = status
    with pytest.raises(error, match=rf"the API server refuses GET .*cronworkflows.*: {status}"):
        cluster.living()


def test_a_server_that_is_away_is_asked_again_later(tmp_path: Path) -> None:
    """By the step's exit code."""
    with pytest.raises(TryAgain, match="did not answer"):
        Cluster("http://127.0.0.1:9", tmp_path).living()
