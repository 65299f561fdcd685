"""What the tests of the training programs share: the programs on the path, a tiny model that transformers saved, a
run."""

import os
import sys
from pathlib import Path

import orjson
import pytest

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [
    str(_HERE.parent),
    str(_HERE.parents[1]),
    str(_HERE),
    str(_HERE.parents[2] / "tests" / "demo"),
]  # a pod has the first too
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two cores are shared; threads that wait for each other are slower
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ["HF_HUB_OFFLINE"] = "1"

import support  # noqa: E402 - after the path


def pytest_configure(config: pytest.Config) -> None:
    """Lets the libraries' own warnings be; ours still fail a test."""
    for line in ("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning:torch.*"):
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that transformers itself saved: a model of 30,000 parameters and its tokenizer with a chat template."""
    folder = tmp_path_factory.mktemp("base")
    support.save_base(folder)
    return folder


@pytest.fixture
def world(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> "support.World":
    """An object store in a folder, the environment of a run in it, and a small dataset."""
    made = support.World(tmp_path, base)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def prepared(world: "support.World") -> "support.World":
    """A run whose dataset is prepared and tokenized."""
    world.step("prepare", "--held-out", "0.2")
    world.step("tokenize_dataset", "--evaluations", str(world.folder / "evaluations"))
    return world


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def read_lines(path: Path) -> list[dict[str, object]]:
    """Returns a file's JSON lines."""
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]
