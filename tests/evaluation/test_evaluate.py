"""`dac evaluate` from a table to a verdict, against a real HTTP endpoint, with nothing under projects/."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from servers import port
from tree import Tree

pytestmark = pytest.mark.image

DAC = Path(sys.executable).parent / "dac"
KEY = "sk-very-secret-0123456789"


class Repeating(BaseHTTPRequestHandler):
    """An endpoint with one model, which answers with a question's last word, and may ask for a key."""

    protocol_version = "HTTP/1.1"
    key: ClassVar[str] = ""

    def do_GET(self) -> None:
        self._reply({"data": [{"id": "repeater"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        message = {"role": "assistant", "content": body["messages"][-1]["content"].split()[-1]}
        self._reply({"choices": [{"message": message, "finish_reason": "stop"}], "model": body["model"]})

    def _reply(self, value: Any) -> None:
        allowed = not self.key or self.headers.get("Authorization") == f"Bearer {self.key}"
        data = json.dumps(value if allowed else {"error": {"message": "no"}}).encode()
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def repeating(secret: str = "") -> Iterator[str]:
    class Own(Repeating):
        key: ClassVar[str] = secret

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def evaluate(tree: Tree, url: str, data: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [str(DAC), "evaluate", "--endpoint", url, "--data", str(data), "--metric", "exact_match", *words]
    return subprocess.run(command, cwd=tree.folder, env={**os.environ, **env}, capture_output=True, text=True)


def table(tree: Tree, right: int, rows: int = 20) -> Path:
    path = tree.folder / "my answers (final).csv"
    lines = [f"Say w{n},{f'w{n}' if n < right else 'other'},x" for n in range(rows)]
    path.write_text("\n".join(["question,answer,source", *lines]))
    return path


def test_from_a_table_to_a_verdict_and_its_lines(tree: Tree) -> None:
    with repeating(KEY) as url:
        data = table(tree, 15)
        words = ("--key-env", "THE_KEY", "--accept", "--floor", "exact_match=0.7")
        done = evaluate(tree, url, data, *words, THE_KEY=KEY)
        assert done.returncode == 0, done.stderr
        assert "exact_match 0.750 [" in done.stderr
        assert "verdict: pass: accepted as 'baseline'" in done.stderr
        assert 'column "source" is not read' in done.stderr
        assert "20 rows: a score of so few says little; a pipeline needs at least 50" in done.stderr
        assert "# projects/my-answers-final/decisions.yaml\n" in done.stdout
        report = Path(done.stderr.split("\nreport: ")[1].splitlines()[0])
        assert report.is_file()
        assert report.is_relative_to(tree.folder / ".dac/evaluate")
        left = subprocess.run(["grep", "-rl", KEY, tree.folder / ".dac"], capture_output=True, text=True)
        assert left.stdout == ""  # the key lies nowhere when the run is over
        # A later run of the name is compared with it, and a floor that is not reached fails.
        again = evaluate(tree, url, data, "--key-env", "THE_KEY", "--floor", "exact_match=0.8", "--json", THE_KEY=KEY)
        result = json.loads(again.stdout)
        assert (again.returncode, result["verdict"]) == (1, "fail")
        assert "exact_match 0.750 is below its floor 0.8" in result["reason"]
        assert result["scores"]["exact_match"]["value"] == 0.75
    assert sorted(path.name for path in (tree.folder / "projects").iterdir()) == []


def test_an_endpoint_that_is_down_or_refuses_is_said_at_once(tree: Tree) -> None:
    data = table(tree, 3, 4)
    down = evaluate(tree, f"http://127.0.0.1:{port()}/v1", data)
    assert (down.returncode, down.stdout) == (2, "")
    assert "nothing answers at http://127.0.0.1:" in down.stderr
    assert "start the server, or check --endpoint" in down.stderr
    with repeating(KEY) as url:
        assert "the endpoint asks for a key (HTTP 401)" in evaluate(tree, url, data).stderr
        wrong = evaluate(tree, url, data, "--key-env", "THE_KEY", THE_KEY="other")
        assert "the endpoint refused the key (HTTP 401)" in wrong.stderr
        other = evaluate(tree, url, data, "--key-env", "THE_KEY", "--model", "repeatre", THE_KEY=KEY)
        assert 'serves no model "repeatre"; did you mean "repeater"?' in other.stderr
    missing = evaluate(tree, url, tree.folder / "none.csv")
    assert (missing.returncode, "none.csv: there is no such file" in missing.stderr) == (2, True)
    assert not (tree.folder / ".dac/evaluate/runs").exists()
