"""The estimate that decisions are held to, against the measured peak of real training steps.

The estimate is the tool's own code (scripts/dac/validate/checks/training_memory.py), loaded from its file, since the
tool is not in this image. Measured is what the process's memory grows by, from before the model is loaded to the peak
of two steps, in a process of its own; the runtime's share, which is there before, is left out of both.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

HERE = Path(__file__).resolve().parent
ESTIMATE = HERE.parents[2] / "scripts" / "dac" / "validate" / "checks" / "training_memory.py"

SHAPES = {
    "plain": {"hidden": 384, "intermediate": 1024, "layers": 6, "heads": 6, "kv_heads": 6, "vocabulary": 4096},
    "grouped keys": {"hidden": 512, "intermediate": 1536, "layers": 4, "heads": 8, "kv_heads": 2, "vocabulary": 8192},
}
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj"]


def _case(shape: str, method: str, activation_checkpointing: bool, packs: int) -> dict[str, Any]:
    settings = {
        "sequence": 256,
        "micro_batch_packs": packs,
        "processes": 1,
        "sharding": "ddp",
        "activation_checkpointing": activation_checkpointing,
    }
    return {"shape": {**SHAPES[shape], "tied": True}, "settings": settings, "method": method, "targets": TARGETS}


CASES = {
    "mostly weights": _case("grouped keys", "full", False, 1),
    "mostly activations": _case("plain", "full", False, 6),
    "activations recomputed": _case("plain", "full", True, 6),
    "frozen weights": _case("grouped keys", "lora", False, 4),
}


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, int]]:
    """Each case's weights and peak, measured in one process."""
    done = subprocess.run(
        [sys.executable, str(HERE / "measure_memory.py")],
        input=orjson.dumps(list(CASES.values())),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return dict(zip(CASES, orjson.loads(done.stdout), strict=True))


def _estimate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("training_memory", ESTIMATE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["training_memory"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", CASES)
def test_the_estimate_is_within_a_fifth_of_the_measured_peak(case: str, measured: dict[str, dict[str, int]]) -> None:
    settings, seen = CASES[case], measured[case]
    lora = {"targets": TARGETS, "rank": 16} if settings["method"] == "lora" else None
    shape = {**settings["shape"], "parameters": seen["parameters"]}
    estimate = _estimate().estimate(shape, settings["settings"], lora, gpu=False)
    estimated = estimate.total - estimate.runtime
    assert estimated == pytest.approx(seen["peak"], rel=0.2), f"{estimate}; measured {seen['peak'] / 2**30:.3f} GiB"
