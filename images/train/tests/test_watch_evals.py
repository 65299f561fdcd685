"""watch_evals and mark_end: an evaluation waits for its checkpoint, and no longer than training goes on."""

import shutil
import time
from pathlib import Path

import pytest
from runtime import objects
from support import LocalRun
from trainer import checkpoint


def test_the_base_model_is_evaluated_before_there_is_any_checkpoint(
    scored: LocalRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUN_ID", "u2")
    for name in ("steps", "suite"):
        shutil.copytree(scored.run.with_name("u1") / name, scored.run / name)
    assert scored.step("watch_evals", "--index", "0", "--step", str(tmp_path / "base")) == 0
    assert (tmp_path / "base").read_text() == "0\n"
    assert (scored.run / "evals" / "0" / "shards" / "0.jsonl").exists()


def test_the_evaluations_wait_ends_with_training(
    scored: LocalRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the checkpoints announced the first two came, then training was killed: the third wait ends at once."""
    steps = checkpoint.steps(scored.root)
    done = checkpoint.read(scored.root, steps[2])
    objects.remove(f"{checkpoint.address(scored.root, steps[2])}/{checkpoint.DONE}")
    waits = scored.start("watch_evals", "--index", "3", "--step", str(tmp_path / "third"))
    assert scored.step("watch_evals", "--index", "2", "--step", str(tmp_path / "second")) == 0
    assert (tmp_path / "second").read_text() == f"{steps[1]}\n"
    assert (scored.run / "evals" / str(steps[1]) / "shards" / "0.jsonl").exists()
    time.sleep(1)
    assert waits.poll() is None
    monkeypatch.setenv("STATUS", "Failed")
    assert scored.step("mark_end") == 0
    _, stderr = waits.communicate(timeout=120)
    assert (waits.returncode, (tmp_path / "third").read_text()) == (0, "none\n"), stderr
    objects.write_json(f"{checkpoint.address(scored.root, steps[2])}/{checkpoint.DONE}", done)
    checkpoint.reopen(scored.root)
