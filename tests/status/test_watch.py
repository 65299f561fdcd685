"""`dac status --watch`: looks again, and prints what has changed until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.status.history import write_run, write_tree

RUN = {"name": "search-1", "started": "2026-11-28T02:17:00+00:00", "finished": "2026-11-28T02:27:00+00:00"}
FAILED = RUN | {"phase": "Failed", "receipt": {"status": "Failed"}}


def test_it_prints_what_changed_and_ends_with_ctrl_c(
    tmp_path: Path, dac: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path)
    looks = []

    def pause(_seconds: float) -> None:
        looks.append(None)
        if len(looks) == 2:  # the first look again finds what the first one found
            with ExitStack() as living:
                write_run(tmp_path, FAILED, living)
        if len(looks) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", pause)
    done = dac("status", "docs", "--watch", "--at", "2026-11-28T08:00", cwd=tmp_path)
    assert done.returncode == 1, "a pipeline failed"
    assert done.stdout.count("docs/search") == 2, "five looks, and two of them had something to say"
