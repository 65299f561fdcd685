"""What opening a store costs before anything is asked of it: every step of every run pays it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAMS = Path(__file__).parent.parent
BUILT = """
import inspect, pydantic
before = pydantic.BaseModel.__dict__["model_rebuild"]
from index.stores.qdrant.client import models
kinds = [k for _, k in inspect.getmembers(models, inspect.isclass) if issubclass(k, pydantic.BaseModel)]
late = [k for k in kinds if k is not pydantic.BaseModel and not k.__pydantic_complete__]
after = pydantic.BaseModel.__dict__["model_rebuild"]
print(len(late), all(k.model_rebuild() is not False for k in late), after is before)
"""


def test_qdrants_client_is_imported_without_validators_that_pydantic_builds_when_they_are_needed() -> None:
    path = {**os.environ, "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}"}
    answer = subprocess.check_output([sys.executable, "-c", BUILT], env=path, text=True).split()
    assert int(answer[0]) > 100, "so many kinds of message have none yet"
    assert answer[1:] == ["True", "True"], "each gets its own when it is asked for, and pydantic is as it was"
