"""An index that rag-indexing made, evaluated by eval-suite: both standards, the real model, store and runner."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from topics import TOPICS, corpus
from tree import ROOT, Tree, python

pytestmark = pytest.mark.image


class Copying(BaseHTTPRequestHandler):
    """A model that says again what the first document says, and cites it."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        first = re.findall(r"<<<\w+\n(.*?)\n\w+>>>", request["messages"][1]["content"], re.DOTALL)[0]
        message = {"role": "assistant", "content": f"{first} [1]"}
        body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def copying() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Copying)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


# The true MiniLM behind an endpoint of OpenAI's kind; ends with this test's pipe.
EMBEDDINGS = """
import sys
sys.path[:0] = ["rag", ".", "rag/tests"]
from embedding_server import serving
from index.embedder import Embedder
from index.model_folder import checked
from minilm import MODEL
with serving(Embedder(checked(MODEL), MODEL, 4096)) as (address, served):
    served.name = "all-minilm-l6-v2"
    print(address, flush=True)
    sys.stdin.read()
    print(sum(served.sizes), flush=True)
"""


@contextmanager
def embeddings() -> Iterator[tuple[str, list[int]]]:
    """Serve a model; yield the address, and then how many texts it was asked for."""
    asked: list[int] = []
    command = [str(python("rag")), "-c", EMBEDDINGS]
    with subprocess.Popen(command, cwd=ROOT / "images", stdin=-1, stdout=-1, text=True) as server:
        assert server.stdin
        assert server.stdout
        yield server.stdout.readline().strip(), asked
        server.stdin.close()
        asked.append(int(server.stdout.read()))


def metrics(tree: Tree, receipt: dict[str, Any], pipeline: str = "tiny/ranking") -> dict[str, float]:
    card = json.loads(tree.file(pipeline, receipt, "scorecard.json").read_text())
    return {name: round(entry["value"], 6) for name, entry in card["metrics"].items()}


def test_an_index_is_scored_and_one_that_has_lost_documents_is_caught(tree: Tree) -> None:
    """Its model is served by an endpoint, which embeds the suite's questions too."""
    asked = [{"id": f"q-{name}", "query": question, "relevant": [name]} for name, (_, question) in TOPICS.items()]
    # Nothing in the index answers this one: it must count as a miss, so that the right scores are 12 of 13.
    asked.append({"id": "q-none", "query": "Who wrote the first opera?", "relevant": ["operas"]})
    tree.dataset("tiny-questions", asked)
    tree.limit("least_rows", 12)
    index = {"standard": "rag-indexing@v1", "source": "s3://tiny/manifest.jsonl", "size": "small",
             "embedding_model": "served-minilm", "vector_store": "qdrant", "schedule": "on-demand",
             "allow_loss": True}  # fmt: skip
    suite = {"standard": "eval-suite@v1", "endpoint": "index", "index": "search", "dataset": "tiny-questions@v1",
             "metrics": ["mrr", "recall_at_5"], "gate": {"margin": 0.1}, "size": "small"}  # fmt: skip
    tree.dataset("tiny-answers", asked[:-1])
    answers = {**suite, "endpoint": "shared-assistant", "dataset": "tiny-answers@v1", "contexts": 3,
               "metrics": ["cited", "grounded", "ndcg_at_10"], "gate": {"margin": 0.3}}  # fmt: skip
    tree.project("tiny", search=index, ranking=suite, answers=answers)
    tree.dac("render")
    corpus(tree)
    with embeddings() as (address, asked_for):
        tree.bindings["embedder-served-minilm"] = address
        tree.dac(*tree.run_command("tiny/search"))
        with copying() as endpoint:
            tree.bindings["model-shared-assistant"] = endpoint
            answered = tree.run("tiny/answers", accept="baseline")
        assert metrics(tree, answered, "tiny/answers") == {"cited": 1.0, "grounded": 1.0, "ndcg_at_10": 1.0}
        assert answered["inputs"]["corpus"].startswith("search/")
        assert (answered["verdicts"]["gate"], answered["counts"]["requests"]) == ("pass", 12)
        whole = tree.run("tiny/ranking", accept="baseline")
        assert metrics(tree, whole) == {"mrr": round(12 / 13, 6), "recall_at_5": round(12 / 13, 6)}
        assert (whole["verdicts"]["gate"], whole["counts"]["answered"], whole["counts"]["requests"]) == ("pass", 13, 13)
        corpus(tree, [name for name in TOPICS if name not in ("tides", "bees", "taxes", "chess", "bread", "violins")])
        tree.dac(*tree.run_command("tiny/search"))
        lost = tree.run("tiny/ranking", code=1)
    assert metrics(tree, lost) == {"mrr": round(6 / 13, 6), "recall_at_5": round(6 / 13, 6)}
    assert lost["verdicts"]["gate"] == "fail"
    assert whole["inputs"]["model"].startswith("search/")
    assert lost["inputs"]["model"] != whole["inputs"]["model"]  # each index is named by its version
    assert sum(asked_for) >= len(TOPICS) + 12 + 13 + 13  # the documents, and what the three suites asked


def test_no_index_yet_is_said(tree: Tree) -> None:
    """The sidecar's reason reaches the person who started the run."""
    tree.limit("least_rows", 1)
    tree.dataset("tiny-questions", [{"id": "q", "query": "why?", "relevant": ["bread"]}])
    index = {"standard": "rag-indexing@v1", "source": "s3://tiny/manifest.jsonl", "size": "small",
             "embedding_model": "all-minilm-l6-v2", "vector_store": "qdrant", "schedule": "on-demand"}  # fmt: skip
    suite = {"standard": "eval-suite@v1", "endpoint": "index", "index": "search", "dataset": "tiny-questions@v1",
             "metrics": ["mrr"], "gate": {"margin": 0.5}, "size": "small"}  # fmt: skip
    tree.project("tiny", search=index, ranking=suite)
    tree.catalog("served_models", index={"wait_seconds": 300})  # the reason ends it as soon as the sidecar serves
    tree.dac("render")
    output = tree.dac(*tree.run_command("tiny/ranking"), code=1)
    assert "tiny/search has no index yet; run: dac run tiny/search" in output
