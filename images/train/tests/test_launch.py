"""Several processes on one machine: how long torchrun leaves them to end."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from torch.distributed.launcher.api import LaunchConfig
from trainer import launch

FUNCTIONS = Path(__file__).parents[3] / "standards/catalog/functions.yaml"


def test_a_checkpoint_under_way_is_left_nearly_as_long_as_the_pod_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """After torchrun's own 30 seconds it kills its processes, whatever they write."""
    started: list[dict[str, str]] = []

    class Ended:
        def __init__(self, command: list[str], env: dict[str, str]) -> None:
            assert command[:3] == [sys.executable, "-m", "torch.distributed.run"]
            started.append(env)

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(subprocess, "Popen", Ended)
    assert launch.processes("train", 2, []) == 0
    (environ,) = started
    monkeypatch.setenv("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", environ["TORCH_ELASTIC_SHUTDOWN_TIMEOUT"])
    seconds = LaunchConfig(min_nodes=1, max_nodes=1, nproc_per_node=2).shutdown_timeout
    (grace,) = {int(number) for number in re.findall(r'"terminationGracePeriodSeconds": (\d+)', FUNCTIONS.read_text())}
    assert seconds is not None
    assert 0 < grace - seconds <= 15, "the pod's own time, but for what torchrun needs to end itself"
