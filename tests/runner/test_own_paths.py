"""Absolute paths that a step declares or makes are the container's, whatever this machine's root holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from dac.run.local.own_paths import own
from runner_harness import run_text
from workflows import leaf, workflow

MADE = [
    "mkdir -p /dac-made/a && echo hi > /dac-made/a/f && cat /dac-made/a/f",
    "mkdir -p -m 700 /dac-other /dac-made; touch /dac-made/f; test -e /dac-made/f",
    "echo hi >/dac-made; cat /dac-made",
    'echo hi | tee "/dac-made" >&2; cat /dac-made',
]


@pytest.mark.parametrize("line", MADE)
def test_a_folder_that_a_step_makes_is_not_the_machines(tmp_path: Path, line: str) -> None:
    record = run_text(workflow([leaf(line, "main")], tmp_path), tmp_path / "state")
    assert record["phase"] == "Succeeded"
    assert not [path for path in ("/dac-made", "/dac-other") if Path(path).exists()]


@pytest.mark.parametrize("exists", [True, False])
def test_what_is_declared_lies_in_the_container_where_the_machine_has_such_a_folder(
    monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    monkeypatch.setattr(Path, "exists", lambda self: exists or len(self.parts) < 2)
    assert own(["/data/run/r.txt"], "", "cd /data && cat f") == ["/data/run/r.txt", "/data"]


def test_what_every_system_has_stays_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda self: len(self.parts) < 4)
    assert own(["/usr/share/tool/r.txt"], "/data/x", "mkdir -p /data /etc/new") == [
        "/usr/share/tool/r.txt",
        "/usr/share/tool",
    ]


@pytest.mark.parametrize("line", ["sed -e '/dac-made/d' f", "curl -X PUT host/dac-made", "grep /dac-made f", "a >&2"])
def test_other_text_with_slashes_is_no_path(line: str) -> None:
    assert own([], "", line) == []
