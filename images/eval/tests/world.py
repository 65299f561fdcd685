"""What a pod finds around it, made in a folder: the run's environment, a dataset, answers, and the programs to run."""

import contextlib
import hashlib
import importlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from runtime import objects
from runtime import program as step_program

PROGRAMS = Path(__file__).parent.parent
RUN = {
    "PROJECT": "team-docs", "PIPELINE": "answers", "RUN_ID": "uid-1", "RUN_NAME": "answers-1",
    "ARTIFACTS": "s3://dac-artifacts", "STANDARD": "eval-suite@v1", "SIZE": "small", "CONTENT": "sha256:0",
}  # fmt: skip


class World:
    """The environment of one pipeline's runs."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self.set(OBJECTS=f"file://{folder}/objects", MARGIN="0.05", **RUN)

    def set(self, **variables: Any) -> None:
        """Sets variables, anything but text as JSON."""
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value if isinstance(value, str) else orjson.dumps(value).decode())

    def environ(self, name: str) -> str:
        """Returns a variable."""
        return os.environ[name]

    def path(self, address: str) -> Path:
        """Returns the file of an s3:// address, where the objects lie in a folder."""
        return self.folder / "objects" / address.removeprefix("s3://")

    @property
    def root(self) -> str:
        """The run's own folder."""
        return f"s3://dac-artifacts/{os.environ['PROJECT']}/{os.environ['PIPELINE']}/runs/{os.environ['RUN_ID']}"

    def dataset(self, samples: list[dict[str, Any]], name: str = "docs-qa@v1") -> dict[str, Any]:
        """Publishes a dataset, sets DATASET and returns its facts."""
        data = b"".join(orjson.dumps(sample, option=orjson.OPT_APPEND_NEWLINE) for sample in samples)
        uri = f"s3://datasets/{name}.jsonl"
        objects.write(uri, data)
        facts = {"name": name, "uri": uri, "sha256": hashlib.sha256(data).hexdigest()}
        self.set(DATASET=facts)
        return facts

    def answers(self, records: list[dict[str, Any]], shard: int = 0) -> None:
        """Writes a shard's answers as infer would."""
        folder = self.path(f"{self.root}/answers/{shard}")
        folder.mkdir(parents=True, exist_ok=True)
        lines = [orjson.dumps({"version": 1, **record}, option=orjson.OPT_APPEND_NEWLINE) for record in records]
        (folder / "00000.jsonl").write_bytes(b"".join(lines))

    def run(self, program: str, *flags: str, code: int = 0) -> list[dict[str, Any]]:
        """Runs a step program's main here (a start of Python costs seconds) and returns what it logged.

        Holds it to its exit code; where that is another one, what it logged is shown, a defect's traceback with it.
        """
        output = io.StringIO()
        self._monkeypatch.setattr(sys, "argv", [program, *flags])
        with contextlib.redirect_stderr(output):
            try:
                ended_with = step_program.exit_code(getattr(importlib.import_module(program), program))
            except SystemExit as ended:
                ended_with = int(ended.code or 0)
        assert ended_with == code, f"{program} ended with {ended_with}:\n{output.getvalue()}"
        return [orjson.loads(line) for line in output.getvalue().splitlines()]

    def start(self, program: str, *flags: str) -> subprocess.Popen[str]:
        """Starts a step program as its container does."""
        return subprocess.Popen(
            [sys.executable, "-m", program, *flags],
            env={**os.environ, "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}"},
            cwd=self.folder,
            stderr=subprocess.PIPE,
            text=True,
        )

    def json(self, address: str) -> Any:
        """Returns a JSON object by address."""
        return orjson.loads(self.path(address).read_bytes())

    def load(self) -> None:
        """Runs load."""
        self.run("load", "--out", f"{self.folder}/out")
