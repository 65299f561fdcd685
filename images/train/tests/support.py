"""A tiny model, a small dataset, and a run around them."""

import hashlib
import importlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

PROGRAMS = Path(__file__).resolve().parent.parent
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj"]


def rows(count: int) -> list[dict[str, Any]]:
    """Return rows whose answer is the prompt's word backwards; every one is different."""
    return [
        {"prompt": f"reverse {WORDS[i % 8]}{i}", "completion": f"{WORDS[i % 8]}{i}"[::-1]}
        for i in range(count)
    ]  # fmt: skip


def save_base(folder: Path) -> None:
    """Save a model with random weights and a tokenizer, as transformers saves any."""
    from base_model import make_tokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    corpus = [text for row in rows(200) for text in row.values()]
    tokenizer = make_tokenizer(iter(corpus), 320)
    set_seed(3)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=128, eos_token_id=tokenizer.eos_token_id, bos_token_id=None,
        pad_token_id=tokenizer.eos_token_id, attention_dropout=0.1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def without_dropout(base: Path, folder: Path) -> Path:
    """Save a model again without its dropout."""
    shutil.copytree(base, folder, dirs_exist_ok=True)
    config = orjson.loads((base / "config.json").read_bytes())
    (folder / "config.json").write_bytes(orjson.dumps({**config, "attention_dropout": 0.0}))
    return folder


def last_message(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the message of the last line of the log."""
    return str(orjson.loads(capsys.readouterr().err.splitlines()[-1])["message"])


@contextmanager
def mlflow_server(folder: Path, store: str) -> Iterator[str]:
    """Yield the address of a real MLflow server whose registry lies in the database that `store`, a URL, names."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", store, "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    environ = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # four processes that no test has work for
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environ, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(3000):  # it starts in seconds; on a machine that does much else, in minutes
            assert server.poll() is None, (folder / "log").read_text()
            try:
                urllib.request.urlopen(f"{address}/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail(f"MLflow did not answer; its log: {(folder / 'log').read_text()}")
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # a polite end takes half a minute on a busy machine
        server.wait()


class LocalRun:
    """A run's environment over an object store that is a folder."""

    def __init__(self, folder: Path, base: Path) -> None:
        self.folder = folder
        self.objects = folder / "objects"
        self.sizing = {"sequence": 48, "global_batch_packs": 4, "micro_batch_packs": 2, "evaluations": 3}
        self.model = {
            "name": "tiny", "weights": str(base), "licence": "apache-2.0",
            "learning_rates": {"full": 3e-3, "lora": 3e-3},
            "lora": {"rank": 4, "alpha": 8, "dropout": 0.1, "targets": TARGETS},
        }  # fmt: skip
        self.environ = {
            "PROJECT": "p", "PIPELINE": "q", "RUN_ID": "u1", "RUN_NAME": "q-1", "STANDARD": "fine-tuning@v1",
            "SIZE": "tiny", "OBJECTS": f"file://{self.objects}", "ARTIFACTS": "s3://dac-artifacts", "EPOCHS": "2",
            "METHOD": "full", "MODEL": self.model_facts(), "SIZING": self.size(),
            "DATASET": self.put(rows(120)), "TMPDIR": str(folder),
        }  # fmt: skip

    def model_facts(self, **changed: Any) -> str:
        """Return MODEL with some facts changed."""
        return orjson.dumps({**self.model, **changed}).decode()

    def size(self, **changed: Any) -> str:
        """Return SIZING with some settings changed."""
        return orjson.dumps({**self.sizing, **changed}).decode()

    @property
    def run(self) -> Path:
        """The run's folder in the store."""
        pipeline, run = os.environ.get("PIPELINE", "q"), os.environ.get("RUN_ID", "u1")
        return self.objects / "dac-artifacts/p" / pipeline / "runs" / run

    def put(self, content: list[Any], name: str = "rows.jsonl") -> str:
        """Write rows to the store and return their pinned address; a row of bytes is written as it is."""
        lines = [row if isinstance(row, bytes) else orjson.dumps(row) for row in content]
        data = b"\n".join(lines) + b"\n"
        place = self.objects / "data" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return f"s3://data/{name}@sha256:{hashlib.sha256(data).hexdigest()}"

    def step(self, program: str, *arguments: str) -> int:
        """Run a program in this process, as `python -m` would, and return its exit code."""
        module = importlib.import_module(program)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [program, *arguments])
            from runtime.program import exit_code

            return exit_code(module.program)

    def prepare(self) -> None:
        """Prepare and tokenize the dataset."""
        assert self.step("prepare", "--held-out", "0.2") == 0
        assert self.step("tokenize_dataset", "--evaluations", str(self.folder / "evaluations")) == 0

    def train(self) -> int:
        """Run the training in this process and return its exit code."""
        return self.step("train", "--work", str(self.folder / "train"))

    def start(self, program: str, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
        """Start a program as a process of its own."""
        env = {**os.environ, "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}", **environ}
        command = [sys.executable, "-m", program, *arguments]
        return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, cwd=self.folder)

    def start_training(self) -> "subprocess.Popen[str]":
        """Start the training as a process of its own, and return once a checkpoint is written."""
        from trainer import checkpoint

        child = self.start("train", "--work", str(self.folder / "process"))
        while not checkpoint.steps(self.root):
            assert child.poll() is None, child.stderr.read() if child.stderr else ""
            time.sleep(0.02)
        return child

    @property
    def root(self) -> str:
        """The run's address in the store."""
        from runtime import settings

        return settings.run().root

    def facts(self, step: str) -> dict[str, Any]:
        """Return a step's part of the receipt."""
        facts: dict[str, Any] = orjson.loads((self.run / "steps" / f"{step}.json").read_bytes())["facts"]
        return facts

    def losses(self) -> list[float]:
        """Return the loss of each step."""
        lines = (self.run / "train" / "loss.jsonl").read_bytes().splitlines()
        return [orjson.loads(line)["loss"] for line in lines]


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gave: the loss of each step and the digest of the last weights."""

    losses: list[float]
    digest: str


def train_alone(folder: Path, base: Path, environ: Mapping[str, str]) -> Trained:
    """Train a run of its own, changed by `environ`, in this process and uninterrupted."""
    from trainer import checkpoint

    run = LocalRun(folder, base)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**run.environ, **environ}.items():
            patch.setenv(name, value)
        run.prepare()
        assert run.train() == 0
        losses = run.losses()
        return Trained(losses, checkpoint.read(run.root, len(losses))["digest"])


def score(step: int, value: float) -> None:
    """Write the scorecard of a step."""
    from runtime import contract, settings

    facts = {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 24, "standard_error": 0.05}
    card = {
        "suite": "p/q", "run": "q-1", "model": f"step-{step}", "created": "2026-01-01T00:00:00Z",
        "dataset": {"name": "held-out", "sha256": "0" * 64, "rows": 100, "groups": 0},
        "metrics": {"exact_match": {**facts, "signature": "exact_match|v1", "kind": "binary"}},
        "samples": {"total": 100, "answered": 100, "empty": 0, "failed": 0},
    }  # fmt: skip
    contract.write("scorecard", f"{settings.run().root}/evals/{step}/scorecard.json", card)


def score_run(trained: LocalRun, mlflow: str, monkeypatch: pytest.MonkeyPatch, name: str) -> LocalRun:
    """Make a trained run one of a pipeline of its own, with scorecards, and set its environment."""
    from trainer import checkpoint

    environ = {
        **trained.environ, "METHOD": "lora", "MLFLOW": mlflow, "METRIC": "exact_match", "THRESHOLD": "0.5",
        "PIPELINE": f"t-{hashlib.sha256(name.encode()).hexdigest()[:12]}", "COMMIT": "c" * 40,
    }  # fmt: skip
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    shutil.copytree(trained.objects / "dac-artifacts/p/q/runs/u1", trained.run)
    steps = [checkpoint.BASE, *checkpoint.steps(trained.root)]
    for step, value in zip(steps, (0.0, 0.25, 0.75, 0.5), strict=True):
        score(step, value)
    return trained


def promote(run: LocalRun) -> int:
    """Run `promote` and return its exit code."""
    return run.step("promote", "--version", str(run.folder / "version"), "--work", str(run.folder / "promote"))
