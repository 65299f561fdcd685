"""The package on the path, as PYTHONPATH has it in a pod, and a run of its own for each test."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]  # what tests share


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set the environment of a run whose objects lie in a folder, and return it."""
    values = {
        "PROJECT": "team",
        "PIPELINE": "search",
        "RUN_ID": "uid-1",
        "RUN_NAME": "search-1",
        "ARTIFACTS": "s3://artifacts",
        "OBJECTS": f"file://{tmp_path}/objects",
        "STANDARD": "rag-indexing@v1",
        "STEP": "probe",
    }
    for name in ("ROOT", "FAILURES", "ARGUMENTS", "IMAGES", "COMMIT", "CONTENT", "SLACK", "NOTIFY", "RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values
