"""train: the same curve whatever interrupts it, on one process or two; rows of a pack do not see each other."""

import math
import os
import re
import shutil
import signal
import time
import xml.etree.ElementTree
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest
import torch
from support import World
from trainer import batches, checkpoint, tokens, training
from trainer import plan as plans
from trainer import session as sessions

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


def test_a_device_with_bfloat16_computes_in_it(base: Path, tmp_path: Path) -> None:
    """Products in bfloat16, frozen weights too; what is trained stays in float32, and the loss is nearly the same."""
    world = training.World(0, 1, torch.device("cpu"), True)
    lora = training.load(base, plans.Plan(method="lora", targets=("q_proj", "v_proj")), world)
    assert {p.dtype for p in lora.parameters() if p.requires_grad} == {torch.float32}
    assert {p.dtype for p in lora.parameters() if not p.requires_grad} == {torch.bfloat16}
    model, seen = training.load(base, plans.Plan(), world).eval(), []
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    model.model.layers[0].mlp.down_proj.register_forward_hook(lambda module, given, out: seen.append(out.dtype))
    batch = batches.collate(_packs(tmp_path, [[5, 9, 1, 17], [20], [3, 3]]), pad=0)
    found, exact = training.loss(model, batch, world), training.loss(model, batch, LONE)
    assert seen == [torch.bfloat16, torch.float32]
    torch.testing.assert_close(found, exact, rtol=1e-2, atol=0.0)


def _without_dropout(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the base model's dropout away: it is drawn a pass at a time, so it would show how a step is computed."""
    calm = world.folder / "calm"
    shutil.copytree(world.model["weights"], calm)
    config = orjson.loads((calm / "config.json").read_bytes())
    (calm / "config.json").write_bytes(orjson.dumps({**config, "attention_dropout": 0.0}))
    monkeypatch.setenv("MODEL", orjson.dumps({**world.model, "weights": str(calm)}).decode())


@pytest.mark.parametrize(
    "other",
    [{"micro_batch_packs": 1}, {"micro_batch_packs": 4}, {"activation_checkpointing": True}],
    ids=["more passes", "one pass", "activations recomputed"],
)
def test_how_a_step_is_computed_does_not_show(
    other: dict[str, int], prepared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two passes a step and activations kept, or another way: the same curve."""
    _without_dropout(prepared, monkeypatch)
    shutil.copytree(prepared.run, prepared.run.parent / "other")
    assert prepared.train() == 0
    expected = prepared.losses()
    monkeypatch.setenv("RUN_ID", "other")
    monkeypatch.setenv("SIZING", orjson.dumps({**prepared.sizing, **other}).decode())
    assert prepared.train() == 0
    assert orjson.loads((prepared.run / "steps" / "train.json").read_bytes())["facts"]["resumed_at"] == 0
    assert len(expected) > 5
    np.testing.assert_allclose(prepared.losses(), expected, rtol=1e-3)


def test_the_learning_rate_rises_and_then_falls_by_half_a_cosine() -> None:
    plan = plans.Plan(learning_rate=1.0, warmup=0.04)
    rates = [plan.rate(step, 104) for step in range(104)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    np.testing.assert_allclose(rates[4:], [0.55 + 0.45 * math.cos(math.pi * i / 100) for i in range(100)])


def test_another_seed_is_another_order() -> None:
    orders = [batches.Order(40, plans.Plan(global_batch_packs=40, seed=seed)).step(0) for seed in (17, 17, 18)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[2]) == list(range(40))


def test_a_person_sees_where_training_is(prepared: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Steps, loss, tokens a second and the time to go; afterwards the curve as a picture, and the rate of each step."""
    assert prepared.step("train", "--work", str(prepared.folder / "train"), "--progress", "0") == 0
    lines = [orjson.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    told = [line for line in lines if line["event"] == "progress"]
    losses = prepared.losses()
    assert [line["at"] for line in told] == list(range(1, len(losses) + 1))
    for line in told:
        said = rf"step {line['at']}/{len(losses)}, loss {line['loss']:.4f}, [\d,]+ tokens/s, \d+m\d\ds to go"
        assert re.fullmatch(said, line["message"])
    assert told[-1]["message"].endswith(", 0m00s to go")
    points = [orjson.loads(line) for line in (prepared.run / "train" / "loss.jsonl").read_bytes().splitlines()]
    assert [p["learning_rate"] for p in points] == [plans.read().rate(i, len(losses)) for i in range(len(losses))]
    picture = xml.etree.ElementTree.fromstring((prepared.run / "train" / "loss.svg").read_text())
    assert {"Training loss", "each step", "smoothed"} <= {text.strip() for text in picture.itertext()}


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
    """SIGTERM: a checkpoint of the step under way, exit code 143, and the next start resumes there."""
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
    _without_dropout(prepared, monkeypatch)
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


@pytest.mark.parametrize("sharding", ["ddp", "fsdp"])
def test_processes_that_must_go_go_on_where_they_stopped(
    sharding: str, prepared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM: each process holds a part of what is saved, and torchrun's own exit code would be 1."""
    shutil.copytree(prepared.run, prepared.run.parent / "one")
    monkeypatch.setenv("RUN_ID", "one")
    monkeypatch.setenv("EPOCHS", "6")
    _without_dropout(prepared, monkeypatch)
    assert prepared.train() == 0
    expected = prepared.losses()
    monkeypatch.setenv("RUN_ID", "u1")
    monkeypatch.setenv("SIZING", orjson.dumps({**prepared.sizing, "processes": 2, "sharding": sharding}).decode())
    child = prepared.start("train", "--work", str(prepared.folder / "two"))
    while not checkpoint.steps("s3://dac-artifacts/p/q/runs/u1"):
        assert child.poll() is None, child.stderr.read() if child.stderr else ""
        time.sleep(0.02)
    child.terminate()
    _, said = child.communicate()
    assert child.returncode == 143, said
    done = checkpoint.steps("s3://dac-artifacts/p/q/runs/u1")[-1]
    assert done < len(expected)
    child = prepared.start("train", "--work", str(prepared.folder / "two"))
    _, said = child.communicate()
    assert child.returncode == 0, said
    assert orjson.loads((prepared.run / "steps" / "train.json").read_bytes())["facts"]["resumed_at"] == done
    np.testing.assert_allclose(prepared.losses(), expected, rtol=5e-3)


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
