"""A tree of one's own with the real standards, images and policy, whose pipelines are run by the real `dac run`."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


def python(image: str = "eval") -> Path:
    """Returns the Python of an image's environment with what its tests need: models and servers run in it."""
    made = subprocess.check_output([ROOT / "images/env.sh", image, "test"], text=True)
    return Path(made.strip().splitlines()[-1]) / "bin/python"


class Tree:
    """Standards that may be changed, projects, and the object store of `dac run`, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        # Copies: a run holds even while somebody edits the programs.
        for part in ("standards", "policy", "images"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        (folder / "projects").mkdir()
        self.bindings: dict[str, str] = {"mlflow": "", "pushgateway": "", "deploy-repo": ""}

    @property
    def objects(self) -> Path:
        """Where s3:// addresses live."""
        return self.folder / ".dac/objects"

    def catalog(self, kind: str, **entries: Any) -> None:
        """Changes names of a kind of the catalog, or adds them."""
        path = self.folder / f"standards/catalog/{kind}.yaml"
        facts = yaml.safe_load(path.read_text())
        for name, change in entries.items():
            facts[name] = {**facts.get(name, {}), **change}
        path.write_text(yaml.safe_dump(facts, sort_keys=False))

    def limit(self, name: str, value: int) -> None:
        """Changes a number among the limits of eval-suite@v1."""
        path = self.folder / "standards/eval-suite/v1/standard.yaml"
        text, changes = re.subn(rf"(?m)^(  {name}:) \d+", rf"\1 {value}", path.read_text())
        assert changes == 1, name
        path.write_text(text)

    def dataset(self, name: str, samples: list[dict[str, Any]]) -> None:
        """Publishes a dataset and pins it in the catalog as NAME@v1."""
        data = b"".join(json.dumps(sample).encode() + b"\n" for sample in samples)
        place = self.objects / f"datasets/{name}.jsonl"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        facts = {
            "summary": "made by a test", "uri": f"s3://datasets/{name}.jsonl", "rows": len(samples), "groups": 0,
            "sha256": hashlib.sha256(data).hexdigest(), "disagreement": 0.2,
        }  # fmt: skip
        self.catalog("datasets", **{f"{name}@v1": facts})

    def project(self, name: str, **pipelines: dict[str, Any]) -> None:
        """Writes a project's decisions."""
        place = self.folder / f"projects/{name}/decisions.yaml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(yaml.safe_dump({"owner": "team-docs", "pipelines": pipelines}, sort_keys=False))

    def dac(self, *words: str, code: int | None = 0) -> str:
        """Calls the command and returns what it printed, both streams; `code` is what it must end with."""
        process = self.start(*words)
        output = process.communicate()[0]
        assert code is None or process.returncode == code, output
        return output

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Starts the command."""
        environ = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "GITHUB_ACTIONS")}
        command = [str(Path(sys.executable).parent / "dac"), *words]
        return subprocess.Popen(
            command, cwd=self.folder, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8",
        )  # fmt: skip

    def run_command(self, pipeline: str) -> list[str]:
        """Returns the words that run a pipeline with this tree's addresses."""
        path = self.folder / "bindings.yaml"
        path.write_text(yaml.safe_dump({"endpoints": self.bindings}))
        return ["run", pipeline, "--bindings", str(path)]

    def run(self, pipeline: str, code: int = 0, accept: str = "") -> dict[str, Any]:
        """Runs a pipeline and returns its receipt; `accept` is the first version that a person accepts."""
        by_hand = ("-p", f"accept={accept}") if accept else ()
        self.dac(*self.run_command(pipeline), *by_hand, code=code)
        receipts = self.objects / f"dac-artifacts/{pipeline}/receipts"
        latest = max(receipts.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        receipt: dict[str, Any] = json.loads(latest.read_text())
        return receipt

    def file(self, pipeline: str, receipt: dict[str, Any], name: str) -> Path:
        """Returns a file of a run's own folder."""
        run = receipt["run_id"]
        files = [*self.objects.glob(f"dac-artifacts/**/{run}/{name}")]
        assert len(files) == 1, files
        return files[0]
