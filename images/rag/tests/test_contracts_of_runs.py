"""What a run and a rollback leave fits the schemas."""

from __future__ import annotations

from pathlib import Path

import finish
import orjson
import rollback
from in_process import quick
from runtime import objects, receipt
from schemas import fits
from world import World


def test_what_a_run_leaves_fits(tmp_path: Path) -> None:
    files = tmp_path / "objects/artifacts/team/search/runs/run-1"
    with quick():
        world = World(tmp_path)
        world.put("a", "some words")
        world.export()
        canary = {"version": 1, "question": "some words", "documents": ["a"]}
        fits("canary", canary)
        (tmp_path / "objects/docs/canaries.jsonl").write_bytes(orjson.dumps(canary))
        world.settings |= {"CANARIES": "s3://docs/canaries.jsonl", "CONTENT": "sha256:" + "ab" * 32, "COMMIT": "0" * 40}
        for name, step in world.steps("run-1"):
            if name == "finish":
                fits("plan", orjson.loads((files / "plan.json").read_bytes()))
            step()
        with world.environment("run-1") as run:
            written = receipt.read(run)
            fits("versions", orjson.loads(objects.read(f"{run.home}/versions.json")))
    fits("receipt", written)
    assert written["counts"]["added"] == 1
    assert written["verdicts"] == {
        "canaries": "passed",
        "published": True,
        "rolled_back": False,
        "deployed": False,
        "dropped": [],
    }
    assert written["results"]["canaries"]["new"]["ranks"] == {"some words": 1}
    assert list(written["steps"]) == ["discover", "embed-0", "upsert", "validate", "publish"]
    assert not files.exists(), "a run that succeeded takes its files with it"


def test_what_a_rollback_leaves_fits(tmp_path: Path) -> None:
    """The only step of a run of its own: `dac rollback --cluster`."""
    with quick():
        world = World(tmp_path)
        world.put("a", "some words")
        world.export()
        first = world.run()["publish"]
        world.model("b")
        world.run()
        with world.environment("run-back", STATUS="Succeeded") as run:
            rollback.rollback(in_a_run=True)
            finish.finish()
            written = receipt.read(run)
    fits("receipt", written)
    assert (written["results"]["index"], written["results"]["collection"]) == (first["index"], first["collection"])
    assert written["verdicts"] == {
        "canaries": None,
        "published": False,
        "rolled_back": True,
        "deployed": False,
        "dropped": [],
    }
    assert list(written["steps"]) == ["rollback"]
