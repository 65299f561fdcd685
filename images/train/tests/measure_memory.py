"""Measure the memory of training: read a list of cases as JSON, print a list of {parameters, peak}, in bytes.

python measure_memory.py < cases.json
"""

import gc
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

# Freed memory must go back at once, or the peak would be that of the allocator.
if os.environ.get("MALLOC_MMAP_THRESHOLD_") is None:
    os.environ.update(MALLOC_MMAP_THRESHOLD_="65536", MALLOC_TRIM_THRESHOLD_="65536", OMP_NUM_THREADS="1")
    os.execv(sys.executable, [sys.executable, *sys.argv])

PROGRAMS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROGRAMS), str(PROGRAMS.parent)]  # the runtime lies beside them

import numpy as np  # noqa: E402 - after the path
import orjson  # noqa: E402
import torch  # noqa: E402
from trainer import batches, tokens, training  # noqa: E402
from trainer import plan as plans  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

PAGE = os.sysconf("SC_PAGE_SIZE")
ALONE = training.World(0, 1, torch.device("cpu"), False)


def resident() -> int:
    """Return the bytes that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def model_of(shape: dict[str, Any]) -> Any:
    """Return a model of a shape with random weights."""
    config = LlamaConfig(
        vocab_size=shape["vocabulary"], hidden_size=shape["hidden"], intermediate_size=shape["intermediate"],
        num_hidden_layers=shape["layers"], num_attention_heads=shape["heads"], num_key_value_heads=shape["kv_heads"],
        tie_word_embeddings=shape["tied"], max_position_embeddings=1024,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def batch_of(shape: dict[str, Any], settings: dict[str, Any]) -> batches.Batch:
    """Return a full batch of packs of two rows each."""
    rng = np.random.default_rng(3)
    half = settings["sequence"] // 2
    packs = [
        tokens.Pack(
            rng.integers(0, shape["vocabulary"], half * 2).astype(np.int32), np.ones(half * 2, bool),
            np.array([half, half], np.int32), np.array([i, i], np.int64),
        )
        for i in range(settings["micro_batch_packs"])
    ]  # fmt: skip
    return batches.collate(packs, 0)


def measure(shape: dict[str, Any], settings: dict[str, Any], method: str, targets: list[str]) -> dict[str, int]:
    """Return a model's number of weights and the bytes by which two steps of its training raise this process."""
    plan = plans.Plan(
        method=method, activation_checkpointing=settings["activation_checkpointing"], targets=tuple(targets)
    )
    gc.collect()
    before, peak, over = resident(), [0], threading.Event()

    def watch() -> None:
        while not over.is_set():
            peak[0] = max(peak[0], resident())
            time.sleep(0.001)

    model = training.prepare_model(model_of(shape), plan, ALONE)
    adam, batch = training.optimiser(model, plan), batch_of(shape, settings)
    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(2):
        training.update(model, adam, [batch], len(batch.targets), plan, ALONE)
    over.set()
    watcher.join()
    count = sum(p.numel() for n, p in model.named_parameters() if "lora_" not in n)
    return {"parameters": count, "peak": peak[0] - before}


def main() -> None:
    cases = orjson.loads(sys.stdin.buffer.read())
    for case in cases:  # each method once with next to nothing, so that what libraries load at first use is there
        tiny = {**case["shape"], "hidden": 48, "intermediate": 64, "heads": 6, "kv_heads": 2, "layers": 1}
        measure(tiny, {**case["settings"], "micro_batch_packs": 1}, case["method"], case["targets"])
    print(orjson.dumps([measure(**case) for case in cases]).decode())


if __name__ == "__main__":
    main()
