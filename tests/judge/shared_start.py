"""Many `dac check` that share a start of conftest: to compile the rules takes longer than to evaluate a small tree.

Each command is given a program in conftest's place, which hands its question over and waits for the answer. One start
then answers all whose rules are the same. So each command does all that it always does.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Done = subprocess.CompletedProcess[str]
_STAND_IN = """#!/bin/sh
printf '%s\\n' "$@" > {place}/arguments
cp -- *.json {place}
mv {place}/arguments {place}/asked
cat {place}/answer
cat {place}/errors >&2
exit "$(cat {place}/status)"
"""


class SharedStart:
    """Runs `dac check` over many trees at once.

    Args:
        conftest: the real program.
        start: starts the command.
        folder: for what is handed over.
    """

    def __init__(self, conftest: Path, start: Callable[..., Any], folder: Path) -> None:
        self.conftest, self.start, self.folder = conftest, start, folder

    def check(self, trees: Mapping[str, Path], *options: str) -> dict[str, Done]:
        """Check the trees, each by a command of its own; name -> its result."""
        running: dict[str, Any] = {}
        for name, tree in trees.items():
            place = self._place(name)
            running[name] = self.start(["check", *options], tree, DAC_CONFTEST=str(place / "conftest"))
        asked = self._asked(running)
        by_rules: dict[tuple[bytes | str, ...], list[str]] = defaultdict(list)
        for name in asked:
            by_rules[self._rules(name)].append(name)
        for names in by_rules.values():
            self._answer(names)
        return {name: command.result() for name, command in running.items()}

    def _place(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir(parents=True)
        os.mkfifo(place / "answer")
        (place / "conftest").write_text(_STAND_IN.format(place=place))
        (place / "conftest").chmod(0o755)
        return place

    def _asked(self, running: Mapping[str, Any]) -> list[str]:
        """Wait until each command has asked or has ended; return those that ask."""
        while True:
            asking = [name for name in running if (self.folder / name / "asked").exists()]
            if len(asking) == len(running) or all(name in asking or running[name].ended() for name in running):
                return asking
            time.sleep(0.01)

    def _rules(self, name: str) -> tuple[bytes | str, ...]:
        """Return conftest's options and the rules that are asked, by which starts can be shared."""
        words = self._words(name)
        return tuple(Path(w.removeprefix("--policy=")).read_bytes() if w.startswith("--policy=") else w for w in words)

    def _answer(self, names: list[str]) -> None:
        """Ask conftest once for all of these, and give each its own answer."""
        documents = {str(path): (name, path.name) for name in names for path in (self.folder / name).glob("*.json")}
        options = [word for word in self._words(names[0]) if word.startswith("--") or word == "test"]
        done = subprocess.run(
            [self.conftest, *options, *documents],
            capture_output=True,
            cwd=self.folder,
            env={"HOME": str(self.folder)},
        )
        if done.returncode != 0 and len(names) > 1:
            for name in names:
                self._answer([name])
            return
        answers: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for answer in json.loads(done.stdout or "[]"):
            name, document = documents[answer["filename"]]
            answers[name].append({**answer, "filename": document})
        for name in names:
            (self.folder / name / "status").write_text(str(done.returncode))
            (self.folder / name / "errors").write_bytes(done.stderr)
            (self.folder / name / "answer").write_text(json.dumps(answers[name]) if name in answers else "")

    def _words(self, name: str) -> list[str]:
        """Return the arguments that a command gave to conftest."""
        return (self.folder / name / "asked").read_text().splitlines()
