"""The parts of a training step: packs, tensors, loss, precision and the order of the data."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from trainer import batches, tokens, training
from trainer import plan as plans

ALONE = training.World(0, 1, torch.device("cpu"), False)


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
    """Logits of a row in a pack, padding beside it, equal those of the row alone.

    In float64 rounding stays below 1e-13 on any processor, and a row that saw another would differ by 1e-3.
    """
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
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval().double()
    packs = _packs(tmp_path, [[5, 9, 1, 17], [20], [3, 3]])
    batch = batches.collate(packs, pad=0)
    with torch.no_grad():
        whole = model(input_ids=batch.input_ids, position_ids=batch.position_ids, use_cache=False).logits
        for i, pack in enumerate(packs):
            start = 0
            for length in pack.lengths.tolist():
                alone = model(input_ids=batch.input_ids[i : i + 1, start : start + length], use_cache=False).logits[0]
                torch.testing.assert_close(whole[i, start : start + length], alone, rtol=1e-8, atol=1e-8)
                start += length


def test_the_loss_is_that_of_the_rows_alone(base: Path, tmp_path: Path) -> None:
    """Packed or not, padded or not, the loss is the sum over each row's own next tokens.

    The model computes in float64, so that only the sum of the loss itself, in float32, is rounded.
    """
    model = training.load(base, plans.Plan(), ALONE).eval().double()
    packs = _packs(tmp_path, [[5, 9, 1, 17], [20], [3, 3]])
    together = training.loss(model, batches.collate(packs, pad=0), ALONE)
    alone = torch.zeros((), dtype=torch.float64)
    for pack in packs:
        start = 0
        for length in pack.lengths.tolist():
            ids = torch.from_numpy(pack.tokens[start : start + length].astype(np.int64))[None]
            start += length
            if length > 1:
                alone += model(input_ids=ids, labels=ids, use_cache=False).loss * (length - 1)
    torch.testing.assert_close(together.double(), alone, rtol=1e-5, atol=1e-4)
    assert sum(batches.target_count(pack) for pack in packs) == len(batches.collate(packs, pad=0).targets)


def test_a_device_with_bfloat16_computes_in_it(base: Path, tmp_path: Path) -> None:
    """Products in bfloat16, frozen weights too; what is trained stays in float32, and the loss is nearly the same."""
    world = training.World(0, 1, torch.device("cpu"), True)
    lora = training.load(base, plans.Plan(method="lora", targets=("q_proj", "v_proj")), world)
    assert {p.dtype for p in lora.parameters() if p.requires_grad} == {torch.float32}
    assert {p.dtype for p in lora.parameters() if not p.requires_grad} == {torch.bfloat16}
    model, dtypes = training.load(base, plans.Plan(), world).eval(), []
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    model.model.layers[0].mlp.down_proj.register_forward_hook(lambda module, inputs, out: dtypes.append(out.dtype))
    batch = batches.collate(_packs(tmp_path, [[5, 9, 1, 17], [20], [3, 3]]), pad=0)
    rounded, exact = training.loss(model, batch, world), training.loss(model, batch, ALONE)
    assert dtypes == [torch.bfloat16, torch.float32]
    torch.testing.assert_close(rounded, exact, rtol=1e-2, atol=0.0)


def test_the_learning_rate_rises_and_then_falls_by_half_a_cosine() -> None:
    plan = plans.Plan(learning_rate=1.0, warmup=0.04)
    rates = [plan.rate(step, 104) for step in range(104)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    np.testing.assert_allclose(rates[4:], [0.55 + 0.45 * math.cos(math.pi * i / 100) for i in range(100)])


def test_another_seed_is_another_order() -> None:
    orders = [batches.DataOrder(40, plans.Plan(global_batch_packs=40, seed=seed)).packs_of(0) for seed in (17, 17, 18)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[2]) == list(range(40))


def test_layers_are_compiled_on_a_gpu_where_a_c_compiler_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What launches a kernel is built by a C compiler with Python's headers; without them the reason is returned."""
    model = torch.nn.Module()
    model.layers = torch.nn.ModuleList([torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)])
    gpu = training.World(0, 1, torch.device("cuda"), True)
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(torch._dynamo.config, "suppress_errors", False)
    monkeypatch.setattr(training.shutil, "which", lambda name: None)
    assert training.compile_layers(model, ALONE) == "they run on a CPU"
    assert training.compile_layers(model, gpu) == "there is no C compiler in the image"
    monkeypatch.setattr(training.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(training.sysconfig, "get_path", lambda name: str(tmp_path))
    assert training.compile_layers(model, gpu) == "there are no headers of Python in the image"
    assert all(layer._compiled_call_impl is None for layer in model.layers)
    (tmp_path / "Python.h").touch()
    assert training.compile_layers(model, gpu) == ""
    assert all(layer._compiled_call_impl is not None for layer in model.layers)
