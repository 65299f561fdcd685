"""The other tools at pinned versions, built once below DAC_CACHE; kubectl is the machine's own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HELM_VERSION = "v3.22.0"
HERA = Path(__file__).parent / "hera"


def helm() -> Path | None:
    """Return helm, built from its Go module where it is not there; None where there is no Go either."""
    program = _cache() / "bin" / f"helm-{HELM_VERSION}"
    if not program.exists() and not shutil.which("go"):
        return None
    if not program.exists():
        new = program.with_name(f".helm-{os.getpid()}")
        environment = {**os.environ, "GOBIN": str(new), "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}
        subprocess.run(["go", "install", f"helm.sh/helm/v3/cmd/helm@{HELM_VERSION}"], env=environment, check=True)
        (new / "helm").rename(program)
        new.rmdir()
    return program


def hera_python() -> Path:
    """Return a Python that has Hera at its locked versions."""
    lock = HERA / "requirements.txt"
    folder = _cache() / "envs" / f"bench-hera-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not (folder / ".installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["uv", "venv", "-q", "--python", "3.11", folder], check=True)
        environment = {**os.environ, "VIRTUAL_ENV": str(folder)}
        subprocess.run(["uv", "pip", "sync", "-q", "--require-hashes", lock], env=environment, check=True)
        (folder / ".installed").touch()
    return folder / "bin" / "python"


def conftest() -> Path:
    """Return the conftest that `make setup` built."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from dac.cli._arguments import conftest_path

    return conftest_path()


def kubectl() -> Path | None:
    """Return the machine's kubectl; None where it has none."""
    program = shutil.which("kubectl")
    return Path(program) if program else None


def _cache() -> Path:
    caches = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("DAC_CACHE") or f"{caches}/dac")
