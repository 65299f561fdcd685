"""Encoders other than BERT's, and weights in half precision: vectors as sentence-transformers', or a clear refusal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tiny
from index.embedder import Embedder
from runtime.errors import InputError

TEXTS = ["one two", "three four five " * 9, "", "a b c, d! x", "ONE Two zq", "one " * 80]
WORDS = {"vocab_size": tiny._tokenizer().get_vocab_size(), "max_position_embeddings": 66, "pad_token_id": 0}
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, **WORDS}
PAST_PADDING = {**SIZES, "pad_token_id": 1}
ENDS = {"cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
CONFIGS: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 16, **SIZES},
    "camembert": PAST_PADDING,
    "deberta-v2": SIZES,
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32, **WORDS},
    "electra": {"embedding_size": 16, **SIZES},
    "modernbert": {**SIZES, **ENDS},
    "mpnet": PAST_PADDING,
    "nomic_bert": SIZES,
    "roberta": PAST_PADDING,
    "qwen3": {"num_key_value_heads": 2, "head_dim": 8, **SIZES},
    "xlm-roberta": PAST_PADDING,
}


def saved(folder: Path, kind: str) -> Path:
    """Write a small model of that architecture, as its makers do."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    torch.manual_seed(1)
    AutoModel.from_config(AutoConfig.for_model(kind, **CONFIGS[kind])).save_pretrained(folder)
    padding = ["[PAD]", "[UNK]"][CONFIGS[kind]["pad_token_id"]]
    special = {"unk_token": "[UNK]", "pad_token": padding, "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tiny._tokenizer(), **special).save_pretrained(folder)
    layers = [Transformer(str(folder), max_seq_length=64), Pooling(16), Normalize()]
    SentenceTransformer(modules=layers, device="cpu").save(str(folder / "saved"))
    return folder / "saved"


@pytest.mark.parametrize("kind", CONFIGS)
def test_an_architecture_gives_what_sentence_transformers_gives(tmp_path: Path, kind: str) -> None:
    from index import model_files
    from sentence_transformers import SentenceTransformer

    folder = saved(tmp_path, kind)
    facts = {"revision": "a", "weights": "s3://models/a", **model_files.facts_of(folder)}
    assert facts["dimension"] == 16
    model_files.check(folder, facts)
    theirs = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    assert (Embedder(folder, facts, 4096).documents(TEXTS) * theirs).sum(1).min() >= 0.99999


def test_a_model_with_code_of_its_own_is_refused(tmp_path: Path) -> None:
    tiny.make(tmp_path, 0)
    config = json.loads((tmp_path / "config.json").read_text())
    own = {"model_type": "ours", "auto_map": {"AutoModel": "modeling.Ours", "AutoConfig": "modeling.Config"}}
    (tmp_path / "config.json").write_text(json.dumps({**config, **own}))
    with pytest.raises(InputError, match=r"^the model in \S+ cannot be read: .*; use another model$"):
        Embedder(tmp_path, tiny.facts("a"), 4096).documents(["one"])


EMBED = """
import json, sys
from pathlib import Path
import tiny
from index.embedder import Embedder
print(json.dumps(Embedder(Path(sys.argv[1]), tiny.facts("a"), 4096).documents(["one two", "three"]).tolist()))
"""


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_weights_in_half_precision_embed_a_few_texts(tmp_path: Path, dtype: str) -> None:
    """In a process of its own, which has no torch yet: NumPy, which has no bfloat16, embeds them where it can."""
    import torch
    from safetensors.torch import load_file, save_file

    tiny.make(tmp_path, 0)
    whole = Embedder(tmp_path, tiny.facts("a"), 4096).documents(["one two", "three"])
    weights = {
        name: tensor.to(getattr(torch, dtype)) for name, tensor in load_file(tmp_path / "model.safetensors").items()
    }
    save_file(weights, tmp_path / "model.safetensors")
    path = {"PYTHONPATH": ":".join(sys.path)}
    printed = subprocess.run([sys.executable, "-c", EMBED, tmp_path], env=path, check=True, capture_output=True).stdout
    assert (whole * json.loads(printed)).sum(1).min() >= 0.999
