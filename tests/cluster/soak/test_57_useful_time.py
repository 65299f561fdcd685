"""Most of the time of a fan-out's pods goes to documents, as images/rag/index/sharding.py reckons it, in real pods.

The first run is distributed by the standard's figures. The second one, several times as large, goes by what the first
one's receipt says a document takes. Pods start in `START` seconds here, and the platform says so in the figures.
"""

from __future__ import annotations

import hashlib
import itertools
import pydoc_data.topics
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from harness.docs import DECISIONS, lines
from harness.kube import Kube, say
from harness.organisation import ROOT, Organisation
from harness.outside import Outside
from harness.runs import Runs

FIRST, ALL = 400, 1800  # documents; the first run must take a minute for its receipt to count
START = 15
PODS = 2  # of the size `small` at once


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(outside: Outside, count: int) -> None:
    """Write a source of so many documents, each a page of Python's reference."""
    pages = itertools.islice(itertools.cycle(pydoc_data.topics.topics.items()), count)
    texts = {f"{name}-{number}": f"{number}\n\n{text}" for number, (name, text) in enumerate(pages)}
    rows: list[dict[str, object]] = [
        {"version": 1, "id": name, "uri": f"s3://docs/pages/{name}.txt", "sha256": digest(text)}
        for name, text in texts.items()
    ]
    objects = [(f"docs/pages/{name}.txt", text) for name, text in texts.items()]
    for start in range(0, count, 300):  # a few megabytes at a time
        outside.put(dict(objects[start : start + 300]))
    outside.put({"docs/pages.jsonl": lines(rows)})


@pytest.fixture(scope="module")
def pages(kube: Kube, docs: Runs, outside: Outside, organisation: Organisation) -> Iterator[Runs]:
    """Bring a pipeline whose documents `discover` alone distributes."""
    standard = organisation.tree / "standards/rag-indexing/v1/standard.yaml"
    figures = standard.read_text()
    assert figures.count("start: {least: 1, most: 60,") == 1
    standard.write_text(figures.replace("start: {least: 1, most: 60,", f"start: {{least: 1, most: {START},"))
    organisation.edit("sizes", {"small": {"settings": {"rag-indexing": {"shard_documents": ALL}}}})
    pipeline = {key: value for key, value in DECISIONS["pipelines"]["search"].items() if key != "canaries"}
    pipelines = {**DECISIONS["pipelines"], "pages": {**pipeline, "source": "s3://docs/pages.jsonl"}}
    organisation.decide("docs", {**DECISIONS, "pipelines": pipelines})
    organisation.push("Index pages of a reference")
    kube.until("the CronWorkflow pages", lambda: kube.exists("-n", "docs", "cronworkflow", "pages"), 600)
    wanted = f'"start":{START}'
    kube.until("the template to have the figures", lambda: wanted in template(kube), 400)
    yield Runs(kube, outside, "docs", "pages")
    standard.write_text(figures)
    organisation.edit("sizes", {"small": {"settings": {"rag-indexing": {"shard_documents": 3}}}})
    organisation.decide("docs", DECISIONS)
    organisation.push("Index pages no more")


def template(kube: Kube) -> str:
    """Return the template that the cluster holds, as text whose quotes are those of JSON."""
    return str(kube("get", "clusterworkflowtemplate", "rag-indexing-v1", "-o", "json")).replace("\\", "")


def run(pages: Runs) -> tuple[dict[str, Any], float, int]:
    """Run the pipeline; return the receipt, the share of its embedding pods' time that was useful, and their number."""
    name = pages.start()
    ended = pages.wait(name, 3600)
    assert ended["status"]["phase"] == "Succeeded", pages.why(ended)
    receipt = pages.receipt(name)
    nodes = [node for node in ended["status"]["nodes"].values() if node["type"] == "Pod"]
    pods = [node for node in nodes if node["displayName"].startswith("embed(")]
    held = sum((moment(node["finishedAt"]) - moment(node["startedAt"])).total_seconds() for node in pods)
    used = sum(step["seconds"] for name, step in receipt["steps"].items() if name.startswith("embed-"))
    say("%d pods held %.0f s, of which documents took %.0f: %.1f %%", len(pods), held, used, 100 * used / held)
    return receipt, used / held, len(pods)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_a_second_run_goes_by_the_first_and_nine_tenths_are_useful(pages: Runs, outside: Outside) -> None:
    sys.path.insert(0, str(ROOT / "images/rag"))
    from index import sharding

    write(outside, FIRST)
    first, _, _ = run(pages)
    taken = sum(step["seconds"] for name, step in first["steps"].items() if name.startswith("embed-"))
    write(outside, ALL)
    second, useful, pods = run(pages)
    assert second["counts"]["added"] == ALL - FIRST
    figures = {"start": START, "interruptions": 0.05, "shards": 1000}
    costs = sharding.costs(figures, 0, PODS, 3600, (taken, FIRST))
    assert pods == sharding.number(ALL - FIRST, costs), "the first run's receipt says what a document takes"
    assert costs.useful((ALL - FIRST) / pods) >= sharding.USEFUL, "so it is expected"
    assert useful >= sharding.USEFUL
