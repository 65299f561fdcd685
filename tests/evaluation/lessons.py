"""Small models that are taught on the spot, and kept by what they were made of: a machine trains each one once."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

from servers import QUIET
from tree import ROOT, python

CACHE = Path(os.environ.get("DAC_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dac")
PROGRAM = ROOT / "tests/demo/eval_model.py"
# Training rounds otherwise under each of these (tests/rounding.sh), and on another processor.
ROUNDING = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "ONEDNN_MAX_CPU_ISA", "OMP_NUM_THREADS")


def teach(folder: Path, samples: list[dict[str, Any]], worse: Path | None = None) -> None:
    """Bring a small model that knows samples' first references, trained where this machine has not done so yet.

    The model gives these answers on any processor: each token leads the next best by a margin, or the training fails.

    Args:
        folder: gets the model.
        samples: what it is to know.
        worse: gets the version that knew half of the answers; None where nobody wants it.
    """
    dataset = "".join(json.dumps(sample) + "\n" for sample in samples)
    kept = CACHE / "taught" / _digest(dataset, worse is not None)
    if not kept.is_dir():
        _train(kept, dataset, worse is not None)
    shutil.copytree(kept / "better", folder)
    if worse:
        shutil.copytree(kept / "worse", worse)


def _digest(dataset: str, worse: bool) -> str:
    """Return the digest of all that a training's outcome depends on; the path of Python has that of its lock."""
    made_of = [
        PROGRAM.read_text(), dataset, worse, str(python()), platform.machine(), _processor(),
        {name: os.environ.get(name) for name in ROUNDING},
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]


def _processor() -> str:
    """Return the instruction sets of the processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line for line in lines if line.lower().startswith(("flags", "features"))), "")


def _train(kept: Path, dataset: str, worse: bool) -> None:
    beside = kept.with_name(f"{kept.name}.{os.getpid()}")
    beside.mkdir(parents=True)
    (beside / "lessons.jsonl").write_text(dataset)
    command = [python(), PROGRAM, "--dataset", beside / "lessons.jsonl", "--out", beside / "better"]
    command += ["--worse", beside / "worse"] if worse else []
    done = subprocess.run([str(word) for word in command], env={**os.environ, **QUIET}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    try:
        beside.rename(kept)
    except OSError:  # another process trained the same meanwhile
        shutil.rmtree(beside)
