"""Log-likelihoods of choices: lm-evaluation-harness's own numbers, and endpoints that give none."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import QUICK
from servers import port, server
from stub import Stub
from world import PROGRAMS, World

METRICS = "choice_loglikelihood,choice_loglikelihood_norm"
WORDS = ["the", "cat", "sat", "on", "tree,", "runs", "Ünder", "42", "3.5", "green", "slowly", "because", "it's"]
BEGIN, END = "<s>", "</s>"


def _samples(count: int) -> list[dict[str, Any]]:
    """Return samples whose prompts end in words, spaces and lines, and whose choices differ in length."""
    rng = random.Random(7)
    made = []
    for number in range(count):
        words = {" ".join(rng.choices(WORDS, k=rng.randint(1, 6))) for _ in range(9)}
        choices = sorted(words)[: 2 + number % 3]
        prompt = " ".join(rng.choices(WORDS, k=4)) + ("", " ", "\n", "  ")[number % 4]
        made.append({"id": f"q{number}", "prompt": prompt, "choices": choices, "references": [choices[number % 2]]})
    return made


def _model(folder: Path) -> Path:
    """Save a tiny model whose tokenizer merges spaces into words and writes a token in front of a text."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer, bpe.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=[BEGIN, END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    bpe.train_from_iterator([" ".join(WORDS)] * 5, trainer)
    bpe.post_processor = processors.TemplateProcessing(single=f"{BEGIN} $A", special_tokens=[(BEGIN, 0)])
    PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token=BEGIN, eos_token=END).save_pretrained(folder)
    torch.manual_seed(1)
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    shape = LlamaConfig(vocab_size=bpe.get_vocab_size(), max_position_embeddings=128, initializer_range=0.5, **sizes)
    LlamaForCausalLM(shape).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def served(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The program of the sidecar, over that model."""
    number, train = port(), PROGRAMS.parent / "train"
    command = ["env", f"PYTHONPATH={train}:{PROGRAMS.parent}", sys.executable, "-m", "serve", "--folder", model]
    command += ["--port", str(number), "--threads", "1"]
    folder = tmp_path_factory.mktemp("serve")
    with server(command, f"http://127.0.0.1:{number}", "/v1/models", folder) as address:
        yield address


def _by_the_harness(model: Path, samples: list[dict[str, Any]], folder: Path) -> dict[str, list[float]]:
    """Return lm-evaluation-harness's acc and acc_norm of each sample."""
    import orjson
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.evaluator import evaluate
    from lm_eval.models.huggingface import HFLM

    file = folder / "docs.jsonl"
    rows = [{**each, "gold": each["choices"].index(each["references"][0])} for each in samples]
    file.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
    task = ConfigurableTask(config={
        "task": "ours", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(file)}},
        "test_split": "test", "output_type": "multiple_choice", "doc_to_text": "prompt", "doc_to_choice": "choices",
        "doc_to_target": "gold", "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
    })  # fmt: skip
    harness = HFLM(pretrained=str(model), device="cpu", dtype="float32", batch_size=8)
    done = evaluate(harness, {"ours": task}, bootstrap_iters=0, log_samples=True)
    logged = sorted(done["samples"]["ours"], key=lambda each: each["doc_id"])
    return {name: [float(each[name]) for each in logged] for name in ("acc", "acc_norm")}


def test_the_harness_has_the_same_numbers(
    world: World, model: Path, served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sample by sample, on the same model, through the sidecar's program over HTTP."""
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    samples = _samples(48)
    world.dataset(samples)
    reach = {"name": "own", "api": "loglikelihood", "model": "own", "wait_seconds": 30}
    world.set(METRICS=METRICS, ENDPOINT=QUICK | reach, ENDPOINT_URL=served)
    world.load()
    world.run("infer", "--shard", "0")
    world.run("score")
    card, expected = world.json(f"{world.root}/scorecard.json"), _by_the_harness(model, samples, tmp_path)
    from evaluation import scorecard

    rows = scorecard.read_samples(world.root).to_pydict()
    assert rows["score.choice_loglikelihood"] == expected["acc"]
    assert rows["score.choice_loglikelihood_norm"] == expected["acc_norm"]
    assert 0 < sum(expected["acc"]) < len(samples)
    assert expected["acc"] != expected["acc_norm"]
    assert card["metrics"]["choice_loglikelihood"]["value"] == pytest.approx(sum(expected["acc"]) / len(samples))
    assert card["usage"]["output_tokens"] == sum(len(each["choices"]) + 1 for each in samples)


def test_an_endpoint_without_log_probabilities_is_refused_before_a_sample_is_asked(world: World) -> None:
    with Stub() as stub:
        world.dataset(_samples(3))
        world.set(METRICS=METRICS, ENDPOINT=QUICK | {"api": "loglikelihood"}, ENDPOINT_URL=stub.url)
        world.load()
        message = world.run("infer", "--shard", "0", code=65)[-1]["message"]
    assert set(stub.asked) == {"probe"}
    assert message == (
        "endpoint docs: it gives no log-probabilities of a prompt (completions with `echo` and `logprobs`): the "
        "reply's JSON is not an answer; choose an endpoint that does, or metrics of what it writes; no sample was asked"
    )


@pytest.mark.parametrize(
    ("api", "names", "message"),
    [
        ("chat", METRICS, "the endpoint (api chat) gives no log-likelihoods, and choice_loglikelihood, "
         "choice_loglikelihood_norm cannot be scored; nothing was asked"),
        ("loglikelihood", "accuracy", "the endpoint (api loglikelihood) gives log-likelihoods, and accuracy cannot be "
         "scored; nothing was asked"),
        ("loglikelihood", "accuracy,choice_loglikelihood", "metrics: choice_loglikelihood score log-likelihoods, and "
         "accuracy what is answered; make two suites of them"),
    ],
)  # fmt: skip
def test_metrics_and_endpoint_fit(world: World, api: str, names: str, message: str) -> None:
    world.dataset(_samples(3))
    world.set(METRICS=names, ENDPOINT=QUICK | {"api": api})
    assert world.run("load", "--out", "/nowhere", code=65)[-1]["message"] == message
