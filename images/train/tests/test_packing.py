"""The rows of a pack are kept apart, or the model is refused; each family as tiny random weights."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from runtime.errors import InputError
from trainer import packing, training
from trainer.batches import collate
from trainer.plan import Plan
from trainer.tokens import Pack

SMALL = {
    "vocab_size": 128, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "pad_token_id": 0,
}  # fmt: skip
LINEAR = {"linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8, "linear_value_head_dim": 8}
SSM = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8, "mamba_chunk_size": 8}
EXPERTS = {"num_experts": 2, "num_experts_per_tok": 1}
HALF = {"layer_types": ["linear_attention", "full_attention"], "head_dim": 8}
BARE = {"vocab_size": 128, "hidden_size": 32, "num_hidden_layers": 2}
GPT = {"vocab_size": 128, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64}
APART: dict[str, dict[str, Any]] = {
    "llama": SMALL, "qwen2": SMALL, "qwen3": SMALL | {"head_dim": 8}, "mistral": SMALL, "phi3": SMALL, "granite": SMALL,
    "gemma3_text": SMALL | {"head_dim": 8}, "mixtral": SMALL | {"num_local_experts": 2, "num_experts_per_tok": 1},
    "gpt_neox": SMALL, "gpt2": GPT, "gptj": GPT | {"rotary_dim": 8},
    "gpt_neo": {"vocab_size": 128, "hidden_size": 32, "num_layers": 2, "num_heads": 4, "max_position_embeddings": 64,
                "attention_types": [[["global", "local"], 1]], "window_size": 16},
}  # fmt: skip
LEAKING: dict[str, dict[str, Any]] = {
    "opt": BARE | {"ffn_dim": 64, "num_attention_heads": 4, "max_position_embeddings": 64, "word_embed_proj_dim": 32},
    "bloom": {"vocab_size": 128, "hidden_size": 32, "n_layer": 2, "n_head": 4},
    "mpt": {"vocab_size": 128, "d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 64},
    "mamba": BARE | {"state_size": 8},
    "mamba2": BARE | {"state_size": 8, "num_heads": 8, "head_dim": 8, "n_groups": 2, "chunk_size": 8},
    "falcon_mamba": BARE | {"state_size": 8},
    "jamba": SMALL | EXPERTS | {
        "attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 2, "expert_layer_offset": 1,
        "use_mamba_kernels": False, "mamba_d_state": 8,
    },
    "lfm2": SMALL | {"layer_types": ["conv", "full_attention"]},
    "qwen3_next": SMALL | LINEAR | EXPERTS | HALF
    | {"moe_intermediate_size": 16, "shared_expert_intermediate_size": 16},
    "qwen3_5_text": SMALL | LINEAR | HALF,
    "falcon_h1": SMALL | SSM | {"mamba_d_ssm": 64, "mamba_n_groups": 1},
    "granitemoehybrid": SMALL | SSM
    | {"layer_types": ["mamba", "attention"], "num_local_experts": 2, "num_experts_per_tok": 1}
    | {"shared_intermediate_size": 16},
    "bamba": SMALL | SSM | {"attn_layer_indices": [1]},
    "rwkv": BARE | {"attention_hidden_size": 32, "intermediate_size": 64},
    "xlstm": {"vocab_size": 128, "hidden_size": 128, "embedding_dim": 128, "num_hidden_layers": 2, "num_heads": 4,
              "num_blocks": 2, "chunk_size": 8},
    "recurrent_gemma": SMALL | {"lru_width": 32},
    "zamba2": SMALL | {
        "num_hidden_layers": 4, "hybrid_layer_ids": [1, 3], "layers_block_type": ["mamba", "hybrid"] * 2,
        "mamba_d_state": 8, "n_mamba_heads": 4, "mamba_headdim": 16, "chunk_size": 8, "num_mem_blocks": 1,
    },
}  # fmt: skip
# Built without a choice of attention, which they do not take.
OWN = {"bloom", "mpt", "mamba", "mamba2", "falcon_mamba", "rwkv", "xlstm", "gpt_neo"}
WORLD = training.World(0, 1, torch.device("cpu"), bfloat16=False)


def build(family: str, facts: dict[str, Any], dtype: torch.dtype = torch.float32) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    options = {} if family in OWN else {"attn_implementation": "sdpa"}
    return AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **facts), **options).to(dtype)


@pytest.mark.parametrize("family", APART)
def test_a_family_that_keeps_rows_apart_is_packed(family: str) -> None:
    model = build(family, APART[family]).train()
    packing.check(model)
    assert model.training


@pytest.mark.parametrize("family", LEAKING)
def test_a_family_whose_rows_leak_is_refused(family: str) -> None:
    with pytest.raises(InputError) as error:
        packing.check(build(family, LEAKING[family]))
    assert str(error.value).startswith(
        f"MODEL: {family} does not keep the rows of a pack apart: the row before changes "
    )
    assert "write `training: {packing: false}` at the model in standards/catalog/base_models.yaml" in str(error.value)


@pytest.mark.parametrize("family", ["llama", "bloom", "mamba", "gpt_neo"])
def test_a_family_without_sdpa_is_loaded_all_the_same(family: str, tmp_path: Path) -> None:
    """To train it without packs, as its refusal says, and to serve it: `sdpa` by name was refused."""
    build(family, (APART | LEAKING)[family]).save_pretrained(tmp_path)
    chosen = "sdpa" if family == "llama" else "eager"
    assert training.load(tmp_path, Plan(packing=False), WORLD).config._attn_implementation == chosen


def test_the_probe_holds_in_half_precision_too() -> None:
    packing.check(build("llama", SMALL, torch.bfloat16))
    with pytest.raises(InputError):
        packing.check(build("mamba", LEAKING["mamba"], torch.bfloat16))


def pack(length: int) -> Pack:
    tokens = np.arange(1, length + 1, dtype=np.int32)
    return Pack(tokens, np.ones(length, bool), np.array([length], np.int32), np.array([1], np.int64))


@pytest.mark.parametrize("family", ["llama", *LEAKING])
def test_without_packs_a_row_learns_from_itself_alone(family: str) -> None:
    """The loss of two rows side by side is that of each alone: neither padding nor the longer row changes the other."""
    model = build(family, (APART | LEAKING)[family]).eval()
    with torch.no_grad():
        alone = sum(float(training.loss(model, collate([pack(n)], 0), WORLD)) for n in (5, 9))
        together = float(training.loss(model, collate([pack(5), pack(9)], 0), WORLD))
    assert together == pytest.approx(alone, rel=1e-4)


def test_the_rule_of_policy_names_the_families_that_leak() -> None:
    """`dac check` says it before a run does."""
    rule = (Path(__file__).parents[3] / "policy/packed_family/packed_family.rego").read_text()
    (listed,) = re.findall(r"(?s)_leaking := \{(.*?)\}", rule)
    assert set(re.findall(r'"(\w+)"', listed)) == set(LEAKING)
    (described,) = re.findall(r"(?s)ignore positions: (.*?)\. `train`", rule.replace("\n#  ", ""))
    assert described.split(", ") == sorted(LEAKING)
