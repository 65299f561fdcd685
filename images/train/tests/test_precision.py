"""What is published has the precision of its base model, though training keeps weights in float32."""

from pathlib import Path

import orjson
import pytest
import torch
from support import LocalRun
from trainer import checkpoint, precision, resume, training
from trainer.plan import Plan

WORLD = training.World(0, 1, torch.device("cpu"), bfloat16=False)


def _saved_as(base: Path, folder: Path, dtype: torch.dtype, **options: str) -> Path:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    AutoModelForCausalLM.from_pretrained(base, dtype=dtype).save_pretrained(folder, **options)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_untrained_weights_come_out_as_they_went_in(base: Path, tmp_path: Path, dtype: torch.dtype) -> None:
    from safetensors.torch import load_file

    half = _saved_as(base, tmp_path / "base", dtype)
    model = training.load(half, Plan(method="full"), WORLD)
    assert {each.dtype for each in model.parameters()} == {torch.float32}
    resume.write(tmp_path / "out", model, half, None, {})
    assert precision.of(tmp_path / "out") == "float32"
    precision.convert(tmp_path / "out", precision.of(half))
    assert precision.of(tmp_path / "out") == str(dtype).removeprefix("torch.")
    before, after = load_file(half / "model.safetensors"), load_file(tmp_path / "out/model.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) and after[name].dtype == dtype for name in before)


def test_weights_in_several_files(base: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    folder = _saved_as(base, tmp_path / "split", torch.float32, max_shard_size="20KB")
    assert len(list(folder.glob("*.safetensors"))) > 2
    index = folder / "model.safetensors.index.json"
    size = orjson.loads(index.read_bytes())["metadata"]["total_size"]
    precision.convert(folder, "bfloat16")
    assert orjson.loads(index.read_bytes())["metadata"]["total_size"] == size // 2
    loaded = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
    assert {each.dtype for each in loaded.parameters()} == {torch.bfloat16}


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"dtype": "bfloat16"}, "bfloat16"),
        ({"torch_dtype": "float16"}, "float16"),  # as transformers 4 wrote it
        ({"text_config": {"dtype": "bfloat16"}}, "bfloat16"),  # of a model that reads pictures too
        ({"dtype": None}, "float32"),
        ({}, "float32"),
    ],
)
def test_the_precision_that_a_configuration_names(tmp_path: Path, config: dict[str, object], named: str) -> None:
    (tmp_path / "config.json").write_bytes(orjson.dumps(config))
    assert precision.of(tmp_path) == named


def test_a_checkpoint_says_which_its_base_has(scored: LocalRun) -> None:
    assert checkpoint.read(scored.root, checkpoint.steps(scored.root)[0])["precision"] == "float32"
