"""The catalog's facts of base models are those of the model that transformers builds of such an architecture."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import nn

CATALOG = Path(__file__).resolve().parents[3] / "standards" / "catalog" / "base_models.yaml"
MODELS: dict[str, dict[str, Any]] = yaml.safe_load(CATALOG.read_text())


def _built(shape: dict[str, Any]) -> nn.Module:
    """The model without memory for its weights."""
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(
        shape["family"], vocab_size=shape["vocabulary"], hidden_size=shape["hidden"], tie_word_embeddings=shape["tied"],
        intermediate_size=shape["intermediate"], num_hidden_layers=shape["layers"], num_attention_heads=shape["heads"],
        num_key_value_heads=shape["kv_heads"], max_position_embeddings=shape["positions"],
    )  # fmt: skip
    with torch.device("meta"):
        model: nn.Module = AutoModelForCausalLM.from_config(config)
    model.tie_weights()
    return model


@pytest.mark.parametrize("name", MODELS)
def test_weights_and_layers_are_those_of_the_architecture(name: str) -> None:
    model = _built(MODELS[name]["architecture"])
    linear = {n.rpartition(".")[2] for n, m in model.named_modules() if isinstance(m, nn.Linear)}
    assert sum(p.numel() for p in model.parameters()) == MODELS[name]["architecture"]["parameters"]
    assert sorted(MODELS[name]["layers"]) == sorted(linear - {"lm_head"})
    assert set(MODELS[name]["lora"]["targets"]) <= linear
