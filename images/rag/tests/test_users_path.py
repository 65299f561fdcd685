"""Runs as a user meets them: the real commands on a tree of one's own, real runs, the deploy repository beside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import Servers
from tree import Tree

TOPICS = {"with", "for", "if", "while", "break", "comparisons", "function", "identifiers"}
QUESTION = "How do I loop over a sequence?"


@pytest.fixture
def tree(tmp_path: Path, servers: Servers) -> Iterator[Tree]:
    """Yield a tree with few documents on the one store that is a server; test_rollback.py has each store."""
    made = Tree(tmp_path, servers["weaviate"])
    made.source(TOPICS)
    yield made
    made.close()


def search_answer(tree: Tree) -> dict[str, Any]:
    """Return the answer of `dac search --json`."""
    done = tree.pipeline("search", QUESTION, "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_readers_and_the_deploy_manifest_go_back_to_the_former_version_and_no_further(tree: Tree) -> None:
    done = tree.pipeline("rollback")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "python-docs/search has no index yet; run: dac run python-docs/search\n"
    tree.run()
    first, first_deployed = search_answer(tree), tree.deployed()
    tree.edit("size: small", "size: small\n    chunking: fine")
    second = tree.run()
    assert first["index"] == first_deployed["index"] != second["results"]["index"] == tree.deployed()["index"]

    done = tree.pipeline("rollback")
    assert (done.returncode, done.stderr) == (0, f"readers of python-docs_search see {first['index']} again\n")
    assert json.loads(done.stdout) == {
        "index": first["index"],
        "collection": first_deployed["collection"],
        "from": second["results"]["collection"],
        "deployed": True,
        "notified": False,
    }
    assert search_answer(tree) == first
    assert tree.deployed() == first_deployed

    done = tree.pipeline("rollback")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "python-docs/search has no former index to go back to; readers stay where they are. "
        f"{second['results']['index']} was rolled back from: the next run leads forward to what the decisions say\n"
    )


def test_a_manifest_that_lost_too_much_stops_until_the_team_decides_and_a_run_leads_back(
    tmp_path: Path, servers: Servers
) -> None:
    tree = Tree(tmp_path, servers["qdrant"])
    tree.source(TOPICS)
    tree.run()
    before, deployed = search_answer(tree), tree.deployed()

    tree.source(TOPICS - {"with", "if", "break"})
    done = tree.pipeline("run")
    why = (
        "s3://python-docs/manifest.jsonl lost 3 of 8 documents since the last run, more than the 20% that one run may "
        "delete; nothing was deleted. Fix the source, or set `allow_loss: true`"
    )
    assert done.returncode == 1
    assert why in done.stderr
    receipt = tree.receipt(done.stdout)
    (node,) = [failure for failure in receipt["failures"] if failure["step"].startswith("discover(")]
    assert (node["step"], node["message"]) == ("discover(0)", "main: Error (exit code 65)"), "never tried again"
    assert (search_answer(tree), tree.deployed()) == (before, deployed), "readers have what they had"

    tree.edit("size: small", "size: small\n    allow_loss: true\n    chunking: fine")
    assert tree.run()["counts"]["documents"] == tree.deployed()["documents"] == 5

    back = tree.run("-p", "action=rollback")  # what `dac rollback --cluster` submits
    assert back["verdicts"] == {
        "canaries": None,
        "published": False,
        "rolled_back": True,
        "deployed": True,
        "dropped": [],
    }
    assert (back["results"]["index"], list(back["steps"])) == (before["index"], ["rollback"])
    assert (search_answer(tree), tree.deployed()) == (before, deployed)
