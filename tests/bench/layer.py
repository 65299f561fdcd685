"""Times the decision layer beside helm, kustomize, Hera and conftest in the same run: a table, JSON and a picture.

    .venv/bin/python tests/bench/layer.py [--sizes 100,300,1000] [--sample 20] [--runs 3] [--write]

The others give the same objects, compared before anything is timed, from values that are computed for them: what a
catalog looks up, sums of quotas, a settled schedule and content hashes are not in their time. helm and kustomize are
started once a project, as Argo CD and CI start them, and once for a sample. Times are of the processor, since a machine
may be shared; the clock's are in the JSON file. `--write` writes docs/speed/ and the table of README.md: with
`TMPDIR=/dev/shm`, since ext4 makes files several times as slowly for minutes after many were removed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from beside import growth, tools
from beside.helm import write_chart, write_values
from beside.judged import conftest_commands
from beside.kustomize import write_overlays
from beside.machine import machine
from beside.objects import Expansion, alike, documents, expansion
from beside.table import Row, exponent, markdown, row
from check import BARE, DAC, ROOT, Run, edit, generate, run, unrender
from plan import replaced

FOLDER = ROOT / "docs" / "speed"
MARKS = "<!-- speed: written by make bench -->", "<!-- end of speed -->"
Figures = dict[str, float]


def least(
    commands: Sequence[Sequence[str | Path]], cwd: Path, runs: int, before: Callable[[], None], warm: bool = False
) -> Figures:
    """Return the least processor time and clock of several runs of some commands, one after the other, and the peak.

    Raises:
        RuntimeError: a command fails.
    """
    done = []
    for number in range(runs):
        before()
        parts = [_run(command, cwd, watch=number == runs - 1, warm=warm) for command in commands]
        done.append(replace(parts[0], cpu=sum(p.cpu for p in parts), wall=sum(p.wall for p in parts)))
        done[-1] = replace(done[-1], peak=max(p.peak for p in parts))
    return {
        "cpu": round(min(each.cpu for each in done), 4),
        "wall": round(min(each.wall for each in done), 4),
        "peak": round(max(each.peak for each in done), 1),
    }


def _run(command: Sequence[str | Path], cwd: Path, *, watch: bool, warm: bool) -> Run:
    done = run(command, cwd, watch=watch, warm=warm)
    if done.status:
        message = (cwd / ".output").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.status}:\n{message}")
    return done


def a_project(figures: Figures, projects: int) -> Figures:
    """Return the figures of one of several projects; the peak stays the whole's."""
    return {**figures, "cpu": figures["cpu"] / projects, "wall": figures["wall"] / projects}


class Layer:
    """A generated tree, rendered and committed, and what the others are given.

    Args:
        tree: where it is generated.
        projects: how many.
        sample: of how many the others make the objects.
        runs: of each command.
    """

    def __init__(self, tree: Path, projects: int, sample: int, runs: int) -> None:
        self.tree, self.projects, self.runs = generate(tree / "tree", projects), projects, runs
        self.names = [f"team-{number:04d}" for number in range(min(sample, projects))]
        self.other = tree / "other"
        self.other.mkdir()
        self.rows: list[Row] = []

    def time(self, *commands: Sequence[str | Path], before: Callable[[], None] = lambda: None) -> Figures:
        """Return the figures of some commands, run in the tree."""
        return least(commands, self.tree, self.runs, before)

    def dac(self, *words: str, before: Callable[[], None] = lambda: None, warm: bool = False) -> Figures:
        """Return the figures of a command of ours."""
        return least([[DAC, *words]], self.tree, self.runs, before, warm)

    def growing(self) -> dict[str, Any]:
        """Return the figures of check and of render over the whole tree, which is left rendered."""
        rendered = self.dac("render", before=partial(unrender, self.tree))
        return {"projects": self.projects, "check": self.dac("check"), "render": rendered}

    def beside_renderers(self, rendered: Figures) -> Expansion:
        """Add the rows of helm, kustomize and Hera; each is held to the same objects first."""
        expected = expansion(self.tree, self.names)
        write_chart(self.other / "chart", expected)
        write_overlays(self.other / "kustomize", expected)
        count, ours = len(self.names), a_project(rendered, self.projects)
        for name in self.names:
            write_values(self.other / f"{name}.json", expected, [name])
        write_values(self.other / "all.json", expected, self.names)
        if helm := tools.helm():
            charts = [[helm, "template", n, self.other / "chart", "-f", self.other / f"{n}.json"] for n in self.names]
            together = [helm, "template", "all", self.other / "chart", "-f", self.other / "all.json"]
            self._renderer("helm template, a start a project", charts, together, expected, ours, count)
        if kubectl := tools.kubectl():
            overlays = [[kubectl, "kustomize", self.other / "kustomize/overlays" / name] for name in self.names]
            whole = [kubectl, "kustomize", self.other / "kustomize/all"]
            self._renderer("kubectl kustomize, a start a project", overlays, whole, expected, ours, count)
        self._hera(expected, ours, count)
        return expected

    def _renderer(
        self,
        words: str,
        each: Sequence[Sequence[str | Path]],
        together: Sequence[str | Path],
        expected: Expansion,
        ours: Figures,
        count: int,
    ) -> None:
        self._held(together, [object_ for own in expected.objects.values() for object_ in own])
        self._held(each[-1], expected.objects[self.names[-1]])
        given = "given what is looked up, summed and hashed"
        self.rows.append(row("render, a project", words, ours, a_project(self.time(*each), count), given))
        whole = a_project(self.time(together), count)
        self.rows.append(row("render, a project", f"{words.split(',')[0]}, one start for {count}", ours, whole, given))

    def _hera(self, expected: Expansion, ours: Figures, count: int) -> None:
        crons = [each for own in expected.objects.values() for each in own if each["kind"] == "CronWorkflow"]
        (self.other / "crons.json").write_text(json.dumps(crons))
        command = [tools.hera_python(), tools.HERA / "cronworkflows.py", self.other / "crons.json"]
        self._held(command, crons)
        note = f"1 object of {len(expected.objects[self.names[0]])}: it writes Argo's alone"
        words = f"Hera, one start for {count}"
        self.rows.append(row("render, a project", words, ours, a_project(self.time(command), count), note))

    def _held(self, command: Sequence[str | Path], objects: Sequence[dict[str, Any]]) -> None:
        done = subprocess.run(list(map(str, command)), capture_output=True, check=True)
        if not alike(objects, documents(done.stdout)):
            raise RuntimeError(f"{' '.join(map(str, command))} does not give the objects that dac renders")

    def beside_conftest(self, checked: Figures) -> None:
        """Add the row of conftest, started once a project over the document that ours judges it by."""
        names = self.names[:5]
        theirs = a_project(self.time(*conftest_commands(self.tree, names, self.other)), len(names))
        note = "policy alone: no schema, no expansion, no sums over projects"
        ours = a_project(checked, self.projects)
        self.rows.append(row("check, a project", "conftest, a start a project", ours, theirs, note))

    def single(self) -> None:
        """Add the rows of what is asked of one project, beside what no such tool could do without."""
        empty = self.other / "empty"
        empty.mkdir()
        (empty / "none.rego").write_text("package main\n")
        bare = self.time([sys.executable, "-c", BARE, tools.conftest(), empty])
        python = self.time([sys.executable, "-c", "pass"])
        many = f"of {self.projects:,}"
        baseline = "reading the decisions with PyYAML, one start of conftest that judges nothing"
        self.rows.append(row("--help", "a start of Python", self.dac("--help"), python))
        for words, before in (("just edited", partial(edit, self.tree)), ("as before", lambda: None)):
            self.dac("check", "team-0000", warm=True)
            ours = self.dac("check", "team-0000", before=before, warm=True)
            note = "the owner's other projects summed"
            self.rows.append(row(f"check of one {many}, {words}", baseline, ours, bare, note))
        for words in (["init", "-q", "-b", "main"], ["add", "-A", "standards", "projects", "policy"]):
            subprocess.run(["git", *words], cwd=self.tree, check=True)
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *identity, "commit", "-q", "-m", "base"], cwd=self.tree, check=True)
        replaced(self.tree / "projects/team-0000/decisions.yaml", "size: small", "size: medium")
        self.rows.append(row(f"plan of one {many}", baseline, self.dac("plan"), bare))

    def central(self) -> None:
        """Add the row of a template's change, beside rendering both commits by the fastest other, comparing nothing.

        Raises:
            RuntimeError: there is neither helm nor kubectl here.
        """
        replaced(self.tree / "standards/platform/pipeline/fragments.yaml", "runAsNonRoot: true", "runAsNonRoot: false")
        others = [
            each for each in self.rows if each["other"].endswith(", a start a project") and "render" in each["what"]
        ]
        if not others:
            raise RuntimeError("neither helm (which needs Go) nor kubectl is here; install one")
        fastest = min(others, key=lambda each: each["theirs"]["cpu"])
        each, name = fastest["theirs"], fastest["other"].split(",")[0]
        theirs = {**each, "cpu": each["cpu"] * 2 * self.projects, "wall": each["wall"] * 2 * self.projects}
        what = f"plan of a standard's change, {self.projects:,}"
        note = "reckoned from a project's time; nothing is compared"
        self.rows.append(row(what, f"{name} of both commits", self.dac("plan"), theirs, note))


def main() -> None:
    """Print the table; with --write, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,300,1000", help="numbers of projects; the last is the table's")
    parser.add_argument("--sample", type=int, default=20, help="projects that the other tools expand")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write docs/speed/ and README.md's table")
    options = parser.parse_args()
    sizes = sorted(map(int, options.sizes.split(",")))
    date, words, grown = datetime.now(UTC).date().isoformat(), machine(), []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            layer = Layer(Path(folder), size, options.sample, options.runs)
            grown.append(layer.growing())
            if size == sizes[-1]:
                expected = layer.beside_renderers(grown[-1]["render"])
                layer.beside_conftest(grown[-1]["check"])
                layer.single()
                layer.central()
    curves = {name: [(each["projects"], each[name]["cpu"]) for each in grown] for name in ("check", "render")}
    facts = {
        "version": 1,
        "date": date,
        "machine": words,
        "runs": options.runs,
        "projects": sizes[-1],
        "objects": len(expected.objects["team-0000"]),
        "rows": layer.rows,
        "growth": grown,
        "exponents": {name: round(exponent(points), 3) for name, points in curves.items()},
    }
    print(markdown(facts))
    if options.write:
        write(facts, growth.svg(curves, f"Processor seconds by number of projects, {date}"))


def write(facts: dict[str, Any], picture: str) -> None:
    """Write what was measured, its picture, and the table of README.md."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "layer.json").write_text(json.dumps(facts, indent=1) + "\n")
    (FOLDER / "growth.svg").write_text(picture)
    readme = ROOT / "README.md"
    before, rest = readme.read_text().split(MARKS[0])
    readme.write_text(before + MARKS[0] + "\n" + markdown(facts) + MARKS[1] + rest.split(MARKS[1])[1])


if __name__ == "__main__":
    main()
