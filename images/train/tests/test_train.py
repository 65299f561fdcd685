"""train: the same curve whatever interrupts it, on one process or two; rows of a pack do not see each other."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import batches
import checkpoint
import numpy as np
import orjson
import plan as plans
import pytest
import session as sessions
import tokens
import torch
import training
from support import World

LONE = training.World(0, 1, torch.device("cpu"), False)


def _packs(tmp_path: Path, lengths: list[list[int]]) -> list[tokens.Pack]:
    rng = np.random.default_rng(5)
    with tokens.Writer(tmp_path / "packs.arrow") as writer:
        for pack in lengths:
            rows = [tokens.Row(i, rng.integers(4, 300, n).tolist(), [True] * n) for i, n in enumerate(pack)]
            writer.add(rows)
    read = tokens.Packs(tmp_path / "packs.arrow")
    return [read[i] for i in range(len(read))]


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "qwen2"])
def test_rows_of_a_pack_do_not_see_each_other(architecture: str, tmp_path: Path) -> None:
    """Logits of a row in a pack, padding beside it, equal those of the row alone."""
    from transformers import AutoConfig, AutoModelForCausalLM

    sizes = {
        "llama": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2},
        "qwen2": {
            "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 1,
        },
        "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128},
    }  # fmt: skip
    torch.manual_seed(1)
    config = AutoConfig.for_model(architecture, vocab_size=320, **sizes[architecture])
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval()
    packs = _packs(tmp_path, [[5, 9, 1, 17], [20], [3, 3]])
    batch = batches.collate(packs, pad=0)
    with torch.no_grad():
        whole = model(input_ids=batch.input_ids, position_ids=batch.position_ids, use_cache=False).logits
        for i, pack in enumerate(packs):
            start = 0
            for length in pack.lengths.tolist():
                alone = model(input_ids=batch.input_ids[i : i + 1, start : start + length], use_cache=False).logits[0]
                torch.testing.assert_close(whole[i, start : start + length], alone, rtol=1e-4, atol=1e-5)
                start += length


def test_the_loss_is_that_of_the_rows_alone(base: Path, tmp_path: Path) -> None:
    """Packed or not, padded or not, the loss is the sum over each row's own next tokens."""
    model = training.load(base, plans.Plan(), LONE).eval()
    packs = _packs(tmp_path, [[5, 9, 1, 17], [20], [3, 3]])
    together = training.loss(model, batches.collate(packs, pad=0), LONE)
    alone = torch.zeros(())
    for pack in packs:
        start = 0
        for length in pack.lengths.tolist():
            ids = torch.from_numpy(pack.tokens[start : start + length].astype(np.int64))[None]
            start += length
            if length > 1:
                alone += model(input_ids=ids, labels=ids, use_cache=False).loss * (length - 1)
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-4)
    assert sum(batches.learned(pack) for pack in packs) == len(batches.collate(packs, pad=0).targets)


def test_accumulating_gradients_changes_nothing(prepared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    model = {**prepared.model, "lora": {**prepared.model["lora"], "dropout": 0.0}}
    monkeypatch.setenv("MODEL", orjson.dumps(model).decode())
    curves = []
    for run, passes in (("u1", 1), ("u2", 4)):
        if run != "u1":
            shutil.copytree(prepared.run, prepared.run.parent / run)
        monkeypatch.setenv("RUN_ID", run)
        sizing = {**prepared.sizing, "forward_packs": passes}
        monkeypatch.setenv("SIZING", orjson.dumps(sizing).decode())
        monkeypatch.setenv("METHOD", "lora")  # its dropout is set to none; the base model has no dropout in eval
        assert prepared.train() == 0
        curves.append(prepared.losses())
    assert len(curves[0]) > 5
    np.testing.assert_allclose(curves[0], curves[1], rtol=2e-2)


class Killed(BaseException):
    """What no program catches: the process is gone."""


def _kill_after_a_checkpoint(world: World) -> None:
    """Starts the training as a process and kills it as soon as a checkpoint stands."""
    child = world.start("train", "--work", str(world.folder / "killed"))
    while not checkpoint.steps("s3://dac-artifacts/p/q/runs/u1"):
        assert child.poll() is None, child.stderr.read() if child.stderr else ""
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.communicate()


def _stop_dead_at_step_6(world: World) -> None:
    """Trains in this process up to step 6, two after a checkpoint, and not further."""
    real = sessions.one_step

    def step(session: sessions.Session, number: int, order: batches.Order) -> None:
        if number == 6:
            raise Killed
        real(session, number, order)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "one_step", step)
        with pytest.raises(Killed):
            world.train()


@pytest.mark.parametrize(("method", "kill"), [("full", _kill_after_a_checkpoint), ("lora", _stop_dead_at_step_6)])
def test_a_killed_run_goes_on_with_the_same_curve(
    method: str, kill: Callable[[World], None], prepared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each loss after the kill, dropout included, equals the uninterrupted run's; so do the weights, to the byte."""
    monkeypatch.setenv("METHOD", method)
    shutil.copytree(prepared.run, prepared.run.parent / "whole")
    monkeypatch.setenv("RUN_ID", "whole")
    assert prepared.train() == 0
    expected = prepared.losses()
    monkeypatch.setenv("RUN_ID", "u1")
    kill(prepared)
    done = checkpoint.steps("s3://dac-artifacts/p/q/runs/u1")[-1]
    assert prepared.train() == 0
    assert prepared.losses() == expected
    facts = orjson.loads((prepared.run / "steps" / "train.json").read_bytes())["facts"]
    assert facts["resumed_at"] == done
    last = [checkpoint.read(f"s3://dac-artifacts/p/q/runs/{run}", facts["steps"])["digest"] for run in ("whole", "u1")]
    assert last[0] == last[1]


def test_a_pod_that_must_go_saves_what_it_has_done(prepared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM: a checkpoint of the step under way, exit code 143, and the next start goes on from there."""
    real, seen = sessions.one_step, []

    def step(session: sessions.Session, number: int, order: batches.Order) -> None:
        real(session, number, order)
        seen.append(number)
        if number == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(sessions, "one_step", step)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert prepared.train() == 143
        assert checkpoint.steps("s3://dac-artifacts/p/q/runs/u1") == [2]
        assert prepared.train() == 0
    finally:
        signal.signal(signal.SIGTERM, before)
        sessions.stopping = False
    assert seen == list(range(len(seen)))  # no step was done twice, none left out


@pytest.mark.parametrize("sharding", ["ddp", "fsdp"])
def test_two_processes_give_the_curve_of_one(sharding: str, prepared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss is a mean over a step's tokens, so how many processes share the step does not show."""
    shutil.copytree(prepared.run, prepared.run.parent / "one")
    monkeypatch.setenv("RUN_ID", "one")
    plain = {**prepared.sizing, "evaluations": 1}
    monkeypatch.setenv("EPOCHS", "0.5")
    monkeypatch.setenv("SIZING", orjson.dumps(plain).decode())
    shutil.copytree(prepared.model["weights"], prepared.folder / "calm")
    config = orjson.loads((prepared.folder / "calm" / "config.json").read_bytes())
    (prepared.folder / "calm" / "config.json").write_bytes(orjson.dumps({**config, "attention_dropout": 0.0}))
    calm = {**prepared.model, "weights": str(prepared.folder / "calm")}
    monkeypatch.setenv("MODEL", orjson.dumps(calm).decode())
    assert prepared.train() == 0
    expected = prepared.losses()
    monkeypatch.setenv("RUN_ID", "u1")
    monkeypatch.setenv("SIZING", orjson.dumps({**plain, "processes": 2, "sharding": sharding}).decode())
    child = prepared.start("train", "--work", str(prepared.folder / "two"))
    _, said = child.communicate()
    assert child.returncode == 0, said
    np.testing.assert_allclose(prepared.losses(), expected, rtol=1e-4)
    weights = prepared.run / "checkpoints" / f"{len(expected):08d}" / "model.safetensors"
    assert weights.stat().st_size == (prepared.folder / "calm" / "model.safetensors").stat().st_size


def test_a_loss_that_is_no_number_names_the_rows(
    prepared: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
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
    said = orjson.loads(capsys.readouterr().err.splitlines()[-1])["message"]
    lines = sorted(poisoned)
    shown = ", ".join(map(str, lines[:10])) + (f" and {len(lines) - 10} more" if len(lines) > 10 else "")
    assert said.startswith("step 3: the loss is nan; batch of packs ")
    assert f": dataset lines {shown}. The learning rate was " in said
    assert checkpoint.steps("s3://dac-artifacts/p/q/runs/u1") == []


def test_targets_that_the_model_lacks_are_named(
    prepared: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METHOD", "lora")
    monkeypatch.setenv("MODEL", orjson.dumps({**prepared.model, "lora": {"targets": ["c_attn"]}}).decode())
    assert prepared.train() == 65
    said = orjson.loads(capsys.readouterr().err.splitlines()[-1])["message"]
    assert said.startswith("MODEL: lora.targets c_attn: ")


def test_an_altered_checkpoint_is_not_resumed_from(prepared: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepared.train() == 0
    newest = checkpoint.steps("s3://dac-artifacts/p/q/runs/u1")[-1]
    place = prepared.run / "checkpoints" / f"{newest:08d}" / checkpoint.STATE
    place.write_bytes(place.read_bytes()[:-1] + b"x")
    assert prepared.train() == 65
    assert "the checkpoint was altered" in orjson.loads(capsys.readouterr().err.splitlines()[-1])["message"]


def test_only_the_newest_checkpoint_can_be_resumed_from(prepared: World) -> None:
    """Optimiser and history are twice the weights; older checkpoints keep what evaluation and promotion need."""
    assert prepared.train() == 0
    found = checkpoint.steps("s3://dac-artifacts/p/q/runs/u1")
    kept = [s for s in found if (prepared.run / "checkpoints" / f"{s:08d}" / checkpoint.STATE).exists()]
    assert len(found) == 3
    assert kept == found[-1:]
