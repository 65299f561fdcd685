"""train: the curve does not depend on how a step is computed; what a person sees of it; what it refuses."""

import re
import xml.etree.ElementTree
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest
import torch
from support import LocalRun, Trained, last_message
from trainer import batches, checkpoint, training
from trainer import plan as plans


@pytest.mark.parametrize(
    "other",
    [{"micro_batch_packs": 1}, {"micro_batch_packs": 4}, {"activation_checkpointing": True}],
    ids=["more passes", "one pass", "activations recomputed"],
)
def test_how_a_step_is_computed_does_not_show(
    other: dict[str, int], prepared_without_dropout: LocalRun, uninterrupted: Callable[..., Trained],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Two passes a step and activations kept, or another way: the same curve."""
    expected = uninterrupted(dropout=False).losses
    monkeypatch.setenv("SIZING", prepared_without_dropout.size(**other))
    assert prepared_without_dropout.train() == 0
    assert prepared_without_dropout.facts("train")["resumed_at"] == 0
    assert len(expected) > 5
    np.testing.assert_allclose(prepared_without_dropout.losses(), expected, rtol=1e-3)


def test_a_person_sees_where_training_is(prepared: LocalRun, capsys: pytest.CaptureFixture[str]) -> None:
    """Steps, loss, tokens a second and the time left; afterwards the curve as a picture, and the rate of each step."""
    assert prepared.step("train", "--work", str(prepared.folder / "train"), "--progress", "0") == 0
    lines = [orjson.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    reports = [line for line in lines if line["event"] == "progress"]
    losses = prepared.losses()
    assert [report["at"] for report in reports] == list(range(1, len(losses) + 1))
    for report in reports:
        pattern = rf"step {report['at']}/{len(losses)}, loss {report['loss']:.4f}, [\d,]+ tokens/s, \d+m\d\ds to go"
        assert re.fullmatch(pattern, report["message"])
    assert reports[-1]["message"].endswith(", 0m00s to go")
    points = [orjson.loads(line) for line in (prepared.run / "train" / "loss.jsonl").read_bytes().splitlines()]
    assert [p["learning_rate"] for p in points] == [plans.read().rate(i, len(losses)) for i in range(len(losses))]
    picture = xml.etree.ElementTree.fromstring((prepared.run / "train" / "loss.svg").read_text())
    assert {"Training loss", "each step", "smoothed"} <= {text.strip() for text in picture.itertext()}


def test_a_loss_that_is_not_finite_names_the_rows(
    prepared: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The third step's first pass is poisoned: training stops there with 65, and the pass's rows are named."""
    calls, poisoned = [], []
    real = training.loss

    def loss(model: object, batch: batches.Batch, world: training.World) -> torch.Tensor:
        calls.append(batch)
        if len(calls) == 5:
            poisoned.extend(batch.lines)
        return real(model, batch, world) * (float("nan") if batch.lines == poisoned else 1.0)

    monkeypatch.setattr(training, "loss", loss)
    assert prepared.train() == 65
    message = last_message(capsys)
    lines = sorted(poisoned)
    shown = ", ".join(map(str, lines[:10])) + (f" and {len(lines) - 10} more" if len(lines) > 10 else "")
    assert message.startswith("step 3: the loss is nan; batch of packs ")
    assert f": dataset lines {shown}. The learning rate was " in message
    assert checkpoint.steps(prepared.root) == []


def test_targets_that_the_model_lacks_are_named(
    prepared: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METHOD", "lora")
    monkeypatch.setenv("MODEL", prepared.model_facts(lora={"targets": ["c_attn"]}))
    assert prepared.train() == 65
    assert last_message(capsys).startswith("MODEL: lora.targets c_attn: ")


def test_an_altered_newest_checkpoint_falls_back_to_the_one_before(
    prepared: LocalRun, capsys: pytest.CaptureFixture[str]
) -> None:
    """Optimiser and history are twice the weights: the two newest checkpoints keep them."""
    assert prepared.train() == 0
    losses, steps = prepared.losses(), checkpoint.steps(prepared.root)
    states = [prepared.run / "checkpoints" / f"{step:08d}" / checkpoint.STATE for step in steps]
    assert [state.exists() for state in states] == [False, True, True]
    states[-1].write_bytes(states[-1].read_bytes()[:-1] + b"x")
    capsys.readouterr()
    assert prepared.train() == 0
    events = {(line := orjson.loads(text))["event"]: line["message"] for text in capsys.readouterr().err.splitlines()}
    assert "the checkpoint was altered" in events["checkpoint_altered"]
    assert events["resumed"] == f"resumed after step {steps[1]}"
    assert (prepared.losses(), checkpoint.steps(prepared.root)) == (losses, steps)


def test_a_checkpoint_that_lost_a_file_falls_back_too(prepared: LocalRun, tmp_path: Path) -> None:
    for step in (1, 2, 3):
        folder = tmp_path / str(step)
        folder.mkdir()
        for name in ("model.safetensors", checkpoint.STATE):
            (folder / name).write_text(f"{name} {step}")
        checkpoint.save(prepared.root, step, folder, {"loss": 1.0, "method": "full", "base": "0" * 64, "tokens": 1})
    checkpoint.remove_stale_states(prepared.root, 3)
    (prepared.run / "checkpoints/00000003/model.safetensors").unlink()
    assert checkpoint.fetch_newest(prepared.root, tmp_path / "resume") == 2
    assert (checkpoint.steps(prepared.root), checkpoint.resumable(prepared.root)) == ([1, 2], [2])
    (prepared.run / f"checkpoints/00000002/{checkpoint.STATE}").write_text("")
    assert checkpoint.fetch_newest(prepared.root, tmp_path / "resume") is None  # training begins anew
    assert not (tmp_path / "resume").exists()
