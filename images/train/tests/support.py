"""A tiny model, a small dataset, and a run around them."""

import hashlib
import importlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

PROGRAMS = Path(__file__).resolve().parent.parent
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj"]


def rows(count: int) -> list[dict[str, Any]]:
    """Returns rows that say a word's letters backwards; every one is different."""
    return [
        {"prompt": f"reverse {WORDS[i % 8]}{i}", "completion": f"{WORDS[i % 8]}{i}"[::-1]}
        for i in range(count)
    ]  # fmt: skip


def save_base(folder: Path) -> None:
    """Saves a model with random weights and a tokenizer, as transformers saves any."""
    from base_model import make_tokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    said = [text for row in rows(200) for text in row.values()]
    tokenizer = make_tokenizer(iter(said), 320)
    set_seed(3)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=128, eos_token_id=tokenizer.eos_token_id, bos_token_id=None,
        pad_token_id=tokenizer.eos_token_id, attention_dropout=0.1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@contextmanager
def mlflow_server(folder: Path, store: str) -> Iterator[str]:
    """The address of a real MLflow server whose registry lies in the database that `store`, a URL, names."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", store, "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
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
        os.killpg(server.pid, 15)
        server.wait(timeout=30)


class World:
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
            "METHOD": "full", "MODEL": orjson.dumps(self.model).decode(), "SIZING": orjson.dumps(self.sizing).decode(),
            "DATASET": self.put(rows(120)), "TMPDIR": str(folder),
        }  # fmt: skip

    @property
    def run(self) -> Path:
        """The run's folder in the store."""
        pipeline, run = os.environ.get("PIPELINE", "q"), os.environ.get("RUN_ID", "u1")
        return self.objects / "dac-artifacts/p" / pipeline / "runs" / run

    def put(self, content: list[Any], name: str = "rows.jsonl") -> str:
        """Writes rows to the store and returns their pinned address; a row of bytes is written as it is."""
        lines = [row if isinstance(row, bytes) else orjson.dumps(row) for row in content]
        data = b"\n".join(lines) + b"\n"
        place = self.objects / "data" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return f"s3://data/{name}@sha256:{hashlib.sha256(data).hexdigest()}"

    def step(self, program: str, *arguments: str) -> int:
        """Runs a program in this process, as `python -m` would, and returns its exit code."""
        module = importlib.import_module(program)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [program, *arguments])
            from runtime.program import exit_code

            return exit_code(module.program)

    def train(self) -> int:
        """Runs the training in this process and returns its exit code."""
        return self.step("train", "--work", str(self.folder / "train"))

    def start(self, program: str, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
        """Starts a program as a process of its own."""
        env = {**os.environ, "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}", **environ}
        command = [sys.executable, "-m", program, *arguments]
        return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, cwd=self.folder)

    def losses(self) -> list[float]:
        """Returns the loss of each step."""
        lines = (self.run / "train" / "loss.jsonl").read_bytes().splitlines()
        return [orjson.loads(line)["loss"] for line in lines]
