"""A repository in which a small project is committed, and a receipt of a run of it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from dac.model.receipt import REQUIRED

CONTRACT = Path(__file__).parents[1] / "images" / "contracts" / "receipt.schema.json"
FEATURES = Path(__file__).parent / "cases" / "rendered" / "features"
PIPELINE = "projects/first/rendered/pipelines/plain.yaml"
Dac = Callable[..., "subprocess.CompletedProcess[str]"]


class Clone:
    """A repository in which the case `features` is committed, and a receipt of its pipeline first/plain."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        self.receipt_file = folder / "receipt.json"
        shutil.copytree(FEATURES, self.root)
        self.git("init", "-q", "-b", "main")
        self.commit = self.committed()
        self.receipt: dict[str, Any] = {
            **dict.fromkeys(REQUIRED),
            "version": 2,
            "project": "first",
            "pipeline": "plain",
            "standard": "copying@v1",
            "commit": self.commit,
            "content": self.content("projects/first/rendered/pipelines/plain.yaml"),
            "template_content": self.content("standards/copying/v1/rendered.yaml"),
            "arguments": {
                "pipeline": "plain", "source": "s3://a/b", "size": "small", "times": "2", "owner": "team/first",
                "content": self.content(PIPELINE), "commit": "",
            },
            "facts": {"SETTINGS": digest('{"copying":{"at_once":1} }')},
        }  # fmt: skip

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(self.root), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.strip()

    def committed(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a change")
        return self.git("rev-parse", "HEAD")

    def content(self, path: str) -> str:
        content = yaml.safe_load((self.root / path).read_text())["metadata"]["annotations"]["dac.dev/content"]
        assert isinstance(content, str)
        return content

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def verified(self, dac: Dac, **changed: Any) -> subprocess.CompletedProcess[str]:
        self.receipt_file.write_text(json.dumps(self.receipt | changed))
        return dac("verify", self.receipt_file, cwd=self.root)


def digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
