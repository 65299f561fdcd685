"""`dac runs --cluster --receipts`: runs whose Workflow is gone, by what they left in the artifact store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dac.cli._archive import ObjectStore

from tests.status.history import receipt_of, write_tree
from tests.status.test_cluster import cluster_of, serving

CASE = Path(__file__).parent / "clusters" / "failed-and-pod-gone"


def line(name: str, text: str) -> str:
    return json.dumps({"address": f"s3://artifacts/docs/search/receipts/{name}.json", "text": text})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the store receipts of the run that the cluster has, of an older one, and one that is half written."""

    def answer(_store: ObjectStore, words: list[str]) -> str:
        assert words[0] == "--newest"
        assert "s3://artifacts/docs/search/receipts" in words[2:]
        whole = [json.dumps(receipt_of({"name": name, "finished": f"2026-11-{day}T02:25:00Z"}, "search"))
                 for name, day in (("search-2", 28), ("search-0", 20))]  # fmt: skip
        return (
            "\n".join([line("search-2", whole[0]), line("search-0", whole[1]), line("search-1", whole[1][:90])]) + "\n"
        )

    monkeypatch.setattr(ObjectStore, "asked", answer)


@pytest.mark.usefixtures("asked")
def test_runs_that_left_the_cluster_are_listed_by_their_receipts(tmp_path: Path, dac: Callable[..., Any]) -> None:
    write_tree(tmp_path)
    with serving(tmp_path, cluster_of(CASE)):
        kubeconfig = str(tmp_path / "kubeconfig")
        alone = dac("runs", "--cluster", "docs/search", "--json", cwd=tmp_path, KUBECONFIG=kubeconfig)
        done = dac("runs", "--cluster", "docs/search", "--receipts", "--json", cwd=tmp_path, KUBECONFIG=kubeconfig)
    assert done.stdout, alone.stderr + done.stderr
    assert [run["name"] for run in json.loads(alone.stdout)["runs"]] == ["search-2"]
    runs = {run["name"]: run["phase"] for run in json.loads(done.stdout)["runs"]}
    assert runs == {"search-2": "Error", "search-0": "Succeeded", "search-1": "Unknown"}
    assert done.returncode == 1
    assert "search-1: receipt search-1.json: not JSON" in done.stderr


def test_receipts_of_this_machine_are_read_without_asking(tmp_path: Path, dac: Callable[..., Any]) -> None:
    write_tree(tmp_path)
    done = dac("runs", "--receipts", cwd=tmp_path)
    assert (done.returncode, "give --cluster too" in done.stderr) == (2, True)
