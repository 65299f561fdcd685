"""What holds for every image: the same failure has the same exit code and log line; each part is there once."""

import ast
import os
import subprocess
from functools import cache
from pathlib import Path

import orjson
import pytest

IMAGES = Path(__file__).resolve().parents[2]
NAMES = sorted(lock.parent.name for lock in IMAGES.glob("*/requirements-test.txt"))
HASH = "0" * 64
# The first program of each image, with an input whose address has a part `..`.
FIRST = {
    "eval": (
        "load",
        ["--out", "OUT"],
        {"METRICS": "exact_match", "DATASET": f'{{"name": "d", "uri": "s3://docs/../d", "sha256": "{HASH}"}}'},
    ),
    "rag": ("discover", ["--lanes", "OUT/s", "--summary", "OUT/t"], {"ARTIFACTS": "s3://docs/.."}),
    "train": ("prepare", [], {"DATASET": f"s3://docs/../d@sha256:{HASH}"}),
}
# A program that writes an object, on a disk that has no room for it.
FULL = """
import errno, os
from runtime import objects, program
def full(_):
    raise OSError(errno.ENOSPC, "No space left on device")
os.fsync = full
program.main("probe", lambda: objects.write("s3://artifacts/x", b"data"))
"""


@cache
def python(image: str) -> str:
    """Return the interpreter of an image's own environment."""
    folder = subprocess.check_output([IMAGES / "env.sh", image, "test"], text=True).strip()
    return f"{folder}/bin/python"


def ran(image: str, arguments: list[str], environment: dict[str, str]) -> tuple[int, dict[str, str]]:
    """Run Python in an image's environment; return its exit code and the last line of its log."""
    path = {"PYTHONPATH": f"{IMAGES / image}:{IMAGES}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python(image), *arguments], env={**os.environ, **environment, **path}, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, orjson.loads(done.stderr.splitlines()[-1])


@pytest.mark.parametrize("image", NAMES)
def test_an_address_with_two_dots_is_a_wrong_input(image: str, environment: dict[str, str], tmp_path: Path) -> None:
    program, flags, variables = FIRST[image]
    arguments = ["-m", program, *(flag.replace("OUT", str(tmp_path)) for flag in flags)]
    code, line = ran(image, arguments, environment | variables)
    assert (code, line["event"]) == (65, "input_error"), line
    assert "an address must not contain '..'" in line["message"]


@pytest.mark.parametrize("image", NAMES)
def test_a_full_disk_is_a_reason_to_try_again(image: str, environment: dict[str, str], tmp_path: Path) -> None:
    code, line = ran(image, ["-c", FULL], environment)
    assert (code, line["event"]) == (75, "try_again"), line
    assert line["message"] == "s3://artifacts/x: cannot be written: [Errno 28] No space left on device"
    assert not list((tmp_path / "objects/artifacts").glob("x*"))  # neither the object nor a half of it


def trees() -> list[tuple[str, ast.Module]]:
    """Return every module of the images but the package itself, by its path."""
    paths = [path for image in NAMES for path in sorted((IMAGES / image).rglob("*.py")) if "tests" not in path.parts]
    return [(str(path.relative_to(IMAGES)), ast.parse(path.read_text())) for path in paths]


def test_only_the_package_speaks_to_mlflow_and_defines_errors() -> None:
    second = []
    for path, tree in trees():
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "mlflow" for name in names):
                second.append(f"{path}:{node.lineno}: imports mlflow; call runtime.registry")
            if isinstance(node, ast.ClassDef) and node.name in ("InputError", "TryAgain", "Interrupted"):
                second.append(f"{path}:{node.lineno}: defines {node.name}; import it from runtime.errors")
    assert second == []


def test_only_the_package_reads_the_address_of_slack() -> None:
    readers = [
        f"{path}:{node.lineno}: reads SLACK; call runtime.notify"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == "SLACK"
    ]
    assert readers == []
