"""Folders of pods lie apart on ext4, so that what one step removes does not slow down the making of the next."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from dac.run.local.spread import spread


def test_the_flag_is_set_beside_those_that_were(tmp_path: Path) -> None:
    kind = subprocess.run(["stat", "-f", "-c", "%T", tmp_path], capture_output=True, text=True, check=True).stdout
    if kind != "ext2/ext3\n" or not shutil.which("lsattr"):
        pytest.skip(f"{kind.strip()} has no flags of ext4, or lsattr of e2fsprogs is missing")
    before = flags(tmp_path)
    for _ in range(2):
        spread(tmp_path / "runs" / "pods")
        assert flags(tmp_path / "runs" / "pods") == before | {"T"}


def test_another_file_system_needs_none() -> None:
    folder = Path("/dev/shm") / f"dac-spread-{os.getpid()}"
    spread(folder)
    folder.rmdir()


def flags(folder: Path) -> set[str]:
    done = subprocess.run(["lsattr", "-d", folder], capture_output=True, text=True, check=True)
    return set(done.stdout.split()[0]) - {"-"}
