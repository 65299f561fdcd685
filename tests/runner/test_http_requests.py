"""An `http` template sends one request, and its node is judged by the answer, as Argo's agent does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from runner_harness import run_text
from workflows import workflow

SECRETS = {"secrets": {"token": {"value": "s3cret"}}}


class Site(BaseHTTPRequestHandler):
    """Answers with what it was asked, by its path: a status, a redirect, or after a while."""

    elsewhere = ""

    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        seen = {"method": self.command, "path": self.path, "body": self.rfile.read(size).decode()}
        head = {
            name: self.headers[name] for name in ("X-Token", "X-Own", "Authorization", "Host") if name in self.headers
        }
        parts = self.path.strip("/").split("/")
        self.send_response(int(parts[0]) if parts[0].isdigit() else 200)
        if parts[0] in ("301", "302", "303", "307", "308"):
            self.send_header("Location", f"{Site.elsewhere}/end" if parts[1:] == ["far"] else "/end")
        self.send_header("x-answer", "yes")
        self.end_headers()
        self.wfile.write(json.dumps({**seen, "headers": head}).encode())

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Site) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    Site.elsewhere = f"http://127.0.0.1:{servers[1].server_port}"
    yield f"http://127.0.0.1:{servers[0].server_port}"
    for server in servers:
        server.shutdown()
        server.server_close()


def sent(tmp_path: Path, http: dict[str, Any], **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the node of a request, and what the site saw."""
    template = {"name": "main", "http": http, **more}
    node = run_text(workflow([template]), tmp_path, **SECRETS)["nodes"][0]
    return node, json.loads(node["result"] or "{}")


def test_a_request_is_sent_as_it_is_written(site: str, tmp_path: Path) -> None:
    own, token = {"name": "X-Own", "value": "1"}, {"secretKeyRef": {"name": "token", "key": "value"}}
    http = {"url": f"{site}/a?b=c", "method": "PUT", "body": "text"}
    http["headers"] = [own, {"name": "X-Token", "valueFrom": token}]
    node, seen = sent(tmp_path, http)
    assert (node["type"], node["phase"], node["exitCode"]) == ("HTTP", "Succeeded", None)
    assert (seen["method"], seen["path"], seen["body"]) == ("PUT", "/a?b=c", "text")
    assert (seen["headers"]["X-Own"], seen["headers"]["X-Token"]) == ("1", "s3cret")


def test_a_body_may_be_bytes(site: str, tmp_path: Path) -> None:
    assert sent(tmp_path, {"url": site, "method": "POST", "bodyFrom": {"bytes": "aGk="}})[1]["body"] == "hi"


@pytest.mark.parametrize(
    ("path", "condition", "phase", "message"),
    [
        ("/204", "", "Succeeded", ""),
        ("/404", "", "Failed", "received non-2xx response code: 404"),
        ("/500", "", "Failed", "received non-2xx response code: 500"),
        ("/404", "response.statusCode == 404", "Succeeded", ""),
        ("/x", 'response.body contains "method"', "Succeeded", ""),
        ("/x", 'response.headers["X-Answer"][0] == "yes"', "Succeeded", ""),
        ("/x", 'request.method == "GET"', "Failed", "successCondition 'request.method == \"GET\"' evaluated false"),
        ("/x", "response.statusCode ==", "Failed", None),
        ("/302/near", "", "Succeeded", ""),
    ],
)
def test_its_answer_decides_the_node(
    site: str, path: str, condition: str, phase: str, message: str | None, tmp_path: Path
) -> None:
    node, _ = sent(tmp_path, {"url": site + path, **({"successCondition": condition} if condition else {})})
    assert node["phase"] == phase
    if message is not None:
        assert node["message"].replace('\\"', '"') == message


@pytest.mark.parametrize(("code", "method", "body"), [("302", "GET", ""), ("303", "GET", ""), ("307", "POST", "text")])
def test_a_redirect_to_another_host_loses_what_is_private(
    site: str, code: str, method: str, body: str, tmp_path: Path
) -> None:
    token = {"secretKeyRef": {"name": "token", "key": "value"}}
    headers = [
        {"name": "X-Token", "valueFrom": token},
        {"name": "Authorization", "value": "a"},
        {"name": "X-Own", "value": "1"},
    ]
    http = {"url": f"{site}/{code}/far", "method": "POST", "body": "text", "headers": headers}
    _, seen = sent(tmp_path, http)
    assert (seen["method"], seen["body"], set(seen["headers"])) == (method, body, {"X-Own", "Host"})


@pytest.mark.parametrize(
    ("http", "message"),
    [
        ({"url": "http://127.0.0.1:1/"}, 'Get "http://127.0.0.1:1/": [Errno 111] Connection refused'),
        ({"url": "file:///etc/hostname"}, 'Get "file:///etc/hostname": unsupported protocol scheme "file"'),
        ({"url": "no address"}, 'Get "no address": unsupported protocol scheme ""'),
        (
            {
                "url": "http://127.0.0.1:1",
                "headers": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "no", "key": "k"}}}],
            },
            'secrets "no" not found',
        ),
    ],
)
def test_what_cannot_be_sent_fails_its_node(http: dict[str, Any], message: str, tmp_path: Path) -> None:
    node, _ = sent(tmp_path, http)
    assert (node["phase"], node["message"]) == ("Failed", message)


def test_what_follows_reads_its_answer_and_a_retry_sends_it_again(site: str, tmp_path: Path) -> None:
    task = {"name": "ask", "template": "ask"}
    value = "{{=jsonpath(tasks.ask.outputs.result, '$.method')}}"
    say = {"name": "say", "template": "say", "depends": "ask.Failed || ask.Succeeded"}
    say["arguments"] = {"parameters": [{"name": "text", "value": value}]}  # type: ignore[assignment]
    text = workflow(
        [
            {"name": "main", "dag": {"tasks": [task, say]}},
            {"name": "ask", "http": {"url": f"{site}/503"}, "retryStrategy": {"limit": 1}},
            {"name": "say", "suspend": {"duration": "0"}, "inputs": {"parameters": [{"name": "text"}]}},
        ]
    )
    nodes = {node["name"]: node for node in run_text(text, tmp_path)["nodes"]}
    assert [nodes[f"w.ask({n})"]["phase"] for n in (0, 1)] == ["Failed", "Failed"]
    assert nodes["w.say"]["inputs"] == {"text": "GET"}
