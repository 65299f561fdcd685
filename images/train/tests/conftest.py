"""Fixtures of the training programs' tests: a tiny model that transformers saved, runs over it, a model registry."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
# A pod has the first two on its path, the programs and the runtime, in one folder.
sys.path[:0] = [str(f) for f in (_HERE.parent, _HERE.parents[1], _HERE, _HERE.parents[2] / "tests" / "demo")]
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two cores are shared; threads that wait for each other are slower
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("MKL_CBWR", "AUTO")  # as train.py sets it, which some tests import torch before
os.environ["HF_HUB_OFFLINE"] = "1"

import support  # noqa: E402 - after the path


def pytest_configure(config: pytest.Config) -> None:
    """Ignore the libraries' own warnings; ours still fail a test."""
    for line in ("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning:torch.*"):
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that transformers itself saved: a model of 30,000 parameters and its tokenizer with a chat template."""
    folder = tmp_path_factory.mktemp("base")
    support.save_base(folder)
    return folder


@pytest.fixture(scope="session")
def base_without_dropout(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model without dropout: dropout is drawn a pass at a time, so it shows how a step is divided."""
    return support.without_dropout(base, tmp_path_factory.mktemp("base-without-dropout"))


@pytest.fixture
def local_run(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> "support.LocalRun":
    """An object store in a folder, the environment of a run in it, and a small dataset."""
    made = support.LocalRun(tmp_path, base)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def prepared(local_run: "support.LocalRun") -> "support.LocalRun":
    """A run whose dataset is prepared and tokenized."""
    local_run.prepare()
    return local_run


@pytest.fixture
def prepared_without_dropout(
    prepared: "support.LocalRun", base_without_dropout: Path, monkeypatch: pytest.MonkeyPatch
) -> "support.LocalRun":
    """A prepared run whose model has no dropout."""
    monkeypatch.setenv("MODEL", prepared.model_facts(weights=str(base_without_dropout)))
    return prepared


@pytest.fixture(scope="session")
def uninterrupted(
    base: Path, base_without_dropout: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., "support.Trained"]:
    """What a run with some settings gives when it is left alone on one process; each is trained once a session."""
    results: dict[tuple[tuple[str, str], ...], support.Trained] = {}

    def trained(*, dropout: bool = True, **environ: str) -> support.Trained:
        key = (("dropout", str(dropout)), *sorted(environ.items()))
        if key not in results:
            folder = tmp_path_factory.mktemp("uninterrupted")
            results[key] = support.train_alone(folder, base if dropout else base_without_dropout, environ)
        return results[key]

    return trained


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real MLflow server on SQLite."""
    folder = tmp_path_factory.mktemp("mlflow")
    with support.mlflow_server(folder, f"sqlite:///{folder}/mlflow.db") as address:
        yield address


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, base: Path) -> "support.LocalRun":
    """A run with three checkpoints, made once."""
    with pytest.MonkeyPatch.context() as patch:
        made = support.LocalRun(tmp_path_factory.mktemp("trained"), base)
        for name, value in {**made.environ, "METHOD": "lora"}.items():
            patch.setenv(name, value)
        made.prepare()
        assert made.train() == 0
    return made


@pytest.fixture
def scored(
    trained: "support.LocalRun", mlflow: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> "support.LocalRun":
    """That run with scorecards of the base model and each checkpoint, the second the best, as a pipeline of its own."""
    return support.score_run(trained, mlflow, monkeypatch, request.node.name)


@pytest.fixture(scope="session", autouse=True)
def _threads() -> None:
    """Compute with as many threads as the processes that tests start, since sums are split by them."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
