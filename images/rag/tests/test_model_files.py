"""Facts of a model that its own files contradict are refused, each by name; those that agree pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tiny
from index import model_files, model_folder, versions
from runtime import objects
from runtime.errors import InputError

FACTS = {"weights": "s3://models/a", "dimension": 16, "max_tokens": 64, "pooling": "mean", "normalise": True}
TYPE = "sentence_transformers.models."


def folder(path: Path, pooling: dict[str, Any] | None = None, more: tuple[str, ...] = (), **files: Any) -> Path:
    """Write a model's own files, without weights."""
    layers = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    layers += [(f"{3 + place}_{kind}", kind) for place, kind in enumerate(more)]
    (path / "1_Pooling").mkdir(parents=True)
    modules = [{"idx": n, "path": where, "type": TYPE + kind} for n, (where, kind) in enumerate(layers)]
    (path / "modules.json").write_text(json.dumps(modules))
    (path / "1_Pooling/config.json").write_text(json.dumps(pooling or {"pooling_mode_mean_tokens": True}))
    (path / "config.json").write_text(json.dumps({"hidden_size": 16, "max_position_embeddings": 64}))
    for name, value in files.items():
        (path / f"{name}.json").write_text(value if isinstance(value, str) else json.dumps(value))
    return path


LOWER = {"type": "BertNormalizer", "lowercase": True}
PROMPTS = {"prompts": {"query": "query: ", "document": "passage: "}}
WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "CLS read as mean": (
        {"pooling": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}},
        {},
        "pooling is mean, 1_Pooling/config.json says cls",
    ),
    "mean read as CLS": ({}, {"pooling": "cls"}, "pooling is cls, 1_Pooling/config.json says mean"),
    "the newer form": ({"pooling": {"pooling_mode": "cls"}}, {}, "pooling is mean, 1_Pooling/config.json says cls"),
    "another pooling": (
        {"pooling": {"pooling_mode_max_tokens": True}},
        {},
        "1_Pooling/config.json pools by max_tokens, which the embedder does not compute: use another model",
    ),
    "two poolings": (
        {"pooling": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}},
        {},
        "1_Pooling/config.json pools by cls_token and mean_tokens, which the embedder does not compute",
    ),
    "a layer": (
        {"more": ("Dense",)},
        {},
        "modules.json has a layer Dense (3_Dense), which the embedder does not compute: use another model",
    ),
    "an unknown pooling": ({}, {"pooling": "last"}, "pooling 'last' must be one of mean, cls"),
    "a misspelt key": ({}, {"normalize": True}, "unknown key 'normalize', did you mean 'normalise'?"),
    "a key of nothing": ({}, {"zzz": 1}, "unknown key 'zzz'"),
    "not normalised": (
        {},
        {"normalise": False},
        "normalise is false, modules.json has a layer Normalize (2_Normalize)",
    ),
    "a query's prompt": (
        {"config_sentence_transformers": PROMPTS},
        {"document_prefix": "passage: "},
        "query_prefix is '', config_sentence_transformers.json says 'query: '",
    ),
    "a passage's prompt": (
        {"config_sentence_transformers": {"prompts": {"passage": "p: "}}},
        {"document_prefix": "passage: "},
        "document_prefix is 'passage: ', config_sentence_transformers.json says 'p: '",
    ),
    "too long": ({}, {"max_tokens": 65}, "max_tokens is 65, config.json has 64 positions"),
    "longer than its makers": (
        {"sentence_bert_config": {"max_seq_length": 32}},
        {},
        "max_tokens is 64, sentence_bert_config.json says 32",
    ),
    "longer than its tokenizer's": (
        {"tokenizer_config": {"model_max_length": 32}},
        {},
        "max_tokens is 64, tokenizer_config.json says 32",
    ),
    "the dimension": ({}, {"dimension": 8}, "dimension is 8, config.json says hidden_size 16"),
    "the dimension by another key": (
        {"config": {"model_type": "distilbert", "dim": 32}},
        {},
        "dimension is 16, config.json says dim 32",
    ),
    "too long for what begins past the padding": (
        {"config": {"model_type": "xlm-roberta", "max_position_embeddings": 65, "pad_token_id": 1}},
        {},
        "max_tokens is 64, config.json has 63 positions",
    ),
    "a decoder": (
        {"config": {"model_type": "t5", "d_model": 16, "is_encoder_decoder": True}},
        {},
        "config.json is of an encoder with a decoder, which the embedder does not compute: use another model",
    ),
    "lower case that nothing makes": (
        {"sentence_bert_config": {"do_lower_case": True}, "tokenizer": {"normalizer": {"type": "NFC"}}},
        {},
        "sentence_bert_config.json has lower case, which tokenizer.json does not make: use another model",
    ),
    "prompts left out of the pooling": (
        {"pooling": {"pooling_mode_mean_tokens": True, "include_prompt": False}},
        {"query_prefix": "q: "},
        "1_Pooling/config.json leaves prompts out of the pooling",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_the_model_s_own_files_contradict_is_refused(tmp_path: Path, name: str) -> None:
    files, facts, message = WRONG[name]
    with pytest.raises(InputError) as raised:
        model_files.check(folder(tmp_path / "m", **files), {**FACTS, **facts})
    assert message in str(raised.value)
    assert str(raised.value).startswith("the catalog's facts of s3://models/a are wrong: ")


@pytest.mark.parametrize(
    ("files", "facts"),
    [
        ({}, {}),
        ({"pooling": {"pooling_mode_cls_token": True}}, {"pooling": "cls"}),
        ({"config_sentence_transformers": PROMPTS}, {"query_prefix": "query: ", "document_prefix": "passage: "}),
        ({"config_sentence_transformers": {"prompts": {"query": "", "document": ""}}}, {"query_prefix": "q: "}),
        ({"config_sentence_transformers": {"prompts": None}}, {}),
        ({"sentence_bert_config": {"max_seq_length": None}}, {}),
        ({"sentence_bert_config": {"max_seq_length": 64}, "tokenizer_config": {"model_max_length": 32}}, {}),
        ({"tokenizer_config": {"model_max_length": 10**30}}, {}),
        ({"config": {"model_type": "roberta", "max_position_embeddings": 66, "pad_token_id": 1}}, {}),
        ({"sentence_bert_config": {"do_lower_case": True}, "tokenizer": {"normalizer": LOWER}}, {}),
        ({"sentence_bert_config": {"do_lower_case": True}, "tokenizer": {"normalizer": {"normalizers": [LOWER]}}}, {}),
    ],
)
def test_facts_that_agree_pass(tmp_path: Path, files: dict[str, Any], facts: dict[str, Any]) -> None:
    model_files.check(folder(tmp_path / "m", **files), {**FACTS, **facts})


def test_several_contradictions_are_told_at_once(tmp_path: Path) -> None:
    made = folder(tmp_path / "m", pooling={"pooling_mode_cls_token": True}, more=("Dense", "Dropout"))
    with pytest.raises(InputError, match=r"says cls; .* layer Dense \(3_Dense\).*; .* layer Dropout \(4_Dropout\)"):
        model_files.check(made, FACTS)


def test_a_torn_file_is_the_models_fault(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the model's modules.json is not JSON: .*; upload the model's folder again"):
        model_files.check(folder(tmp_path / "m", modules="["), FACTS)


def test_a_folder_of_the_object_store_is_held_to_its_layers_too(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OBJECTS", f"file://{tmp_path}/objects")
    tiny.make(tmp_path / "model", 0)
    folder(tmp_path / "own", pooling={"pooling_mode_cls_token": True})
    for path in (*(tmp_path / "model").iterdir(), tmp_path / "own/modules.json"):
        objects.write(f"s3://models/a/{path.name}", path.read_bytes())
    objects.write("s3://models/a/1_Pooling/config.json", (tmp_path / "own/1_Pooling/config.json").read_bytes())
    objects.write("s3://models/a/onnx/model.onnx", b"large")
    facts = {**tiny.facts("a"), "weights": "s3://models/a/"}
    with pytest.raises(InputError, match=r"pooling is mean, 1_Pooling/config\.json says cls"):
        model_folder.checked(facts, tmp_path / "cache")
    fetched = model_folder.checked({**facts, "pooling": "cls"}, tmp_path / "cache")
    assert not (fetched / "onnx").exists()


def test_the_models_of_the_images_agree(weights: Path) -> None:
    import yaml

    catalog = yaml.safe_load((Path(__file__).resolve().parents[3] / "standards/catalog/models.yaml").read_text())
    model_files.check(weights, catalog["all-minilm-l6-v2"])


def test_what_the_catalog_has_recorded_of_a_model_is_what_its_files_say(weights: Path) -> None:
    import yaml
    from model_facts import CATALOG, recorded

    models, facts = (yaml.safe_load((CATALOG / f"{kind}.yaml").read_text()) for kind in ("models", "model_facts"))
    assert facts["all-minilm-l6-v2"] == recorded(models["all-minilm-l6-v2"], weights)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"pooling": {"pooling_mode_cls_token": True}}, {"pooling": "cls"}),
        ({"pooling": {"pooling_mode_mean_tokens": True}}, {"pooling": "mean"}),
        (
            {"config_sentence_transformers": {"prompts": {"query": "q: ", "passage": "p: "}}},
            {"query_prefix": "q: ", "document_prefix": "p: "},
        ),
    ],
)
def test_facts_of_a_folder_are_those_that_it_is_held_to(tmp_path: Path, files: Any, wanted: dict[str, Any]) -> None:
    made = folder(tmp_path / "m", **files)
    facts = model_files.facts_of(made)
    assert {key: facts.get(key) for key in wanted} == wanted
    model_files.check(made, {**FACTS, "pooling": "mean", **facts})


def test_layers_that_cannot_be_computed_are_recorded_as_the_reason(tmp_path: Path) -> None:
    (reason,) = model_files.facts_of(folder(tmp_path / "m", pooling={"pooling_mode_max_tokens": True}))["refused"]
    assert reason == "1_Pooling/config.json pools by max_tokens, which the embedder does not compute: use another model"


def test_a_corrected_query_prefix_holds_at_once_and_nothing_else_does() -> None:
    published = {**FACTS, "query_prefix": "quest: ", "document_prefix": ""}
    assert versions.questions_model(published, {**published, "query_prefix": "query: "})["query_prefix"] == "query: "
    another = {**published, "query_prefix": "query: ", "pooling": "cls"}
    assert versions.questions_model(published, another) == published, "an older model is asked as it was"
