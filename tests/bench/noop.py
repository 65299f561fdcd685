"""Milliseconds that the local runner itself takes for a step that does nothing, and its memory.

    .venv/bin/python tests/bench/noop.py [--steps 1000]

A workflow of so many steps `true` is run with `dac run`, once as a loop (as many at once as the machine runs pods) and
once as steps that wait for one another; from it the start of `dac run` is taken, as a workflow of one step has it.
Counted are seconds by the clock and of the processor, steps' own processes included, and the peak resident memory.
Each step has a root of its own; with --no-own-roots it has none. Ends with 1 where a step takes more than 10 ms of the
processor.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
MOST = 10.0  # milliseconds of the processor a step


def workflow(steps: int, loop: bool) -> str:
    """Return a workflow of so many steps, beside one another or one after another."""
    container = {"image": "any", "command": ["true"]}
    loops = [[{"name": "each", "template": "noop", "withSequence": {"count": str(steps)}}]]
    chain = [[{"name": f"s{number}", "template": "noop"}] for number in range(steps)]
    templates = [{"name": "main", "steps": loops if loop else chain}, {"name": "noop", "container": container}]
    about = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "noop-"}}
    return yaml.safe_dump({**about, "spec": {"entrypoint": "main", "templates": templates}})


def run(text: str, flags: list[str]) -> tuple[float, float, float]:
    """Run a workflow; return seconds by the clock and of the processor, and MiB at the peak."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "workflow.yaml"
        file.write_text(text)
        dac = str(ROOT / ".venv/bin/dac")
        words = [dac, "run", "-f", str(file), "--host-commands", "--state", f"{name}/state", *flags]
        began = time.perf_counter()
        silent = os.open(os.devnull, os.O_WRONLY)
        process = os.posix_spawn(
            words[0],
            words,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, silent, 1), (os.POSIX_SPAWN_DUP2, silent, 2)],
        )
        os.close(silent)
        _, status, usage = os.wait4(process, 0)
        took = time.perf_counter() - began
        if status:
            sys.exit(f"{' '.join(words)}: ended with {os.waitstatus_to_exitcode(status)}")
        return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(steps: int, flags: list[str]) -> int:
    """Print a line for each shape; return 1 where a step takes too much of the processor."""
    start = run(workflow(1, loop=True), flags)
    slow = False
    print(f"{'':<24}{'by the clock':>14}{'of the processor':>18}{'memory':>10}")
    for words, loop in (("beside one another", True), ("one after another", False)):
        wall, cpu, memory = run(workflow(steps, loop), flags)
        each = [(whole - alone) / max(1, steps - 1) * 1000 for whole, alone in ((wall, start[0]), (cpu, start[1]))]
        print(f"{steps:>6} {words:<17}{each[0]:>11.1f} ms{each[1]:>15.1f} ms{memory:>6.0f} MiB")
        slow |= each[1] > MOST
    return 1 if slow else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000, help="steps of each shape (1000)")
    parser.add_argument("--no-own-roots", action="store_true", help="let the steps share this machine's root")
    given = parser.parse_args()
    sys.exit(main(given.steps, ["--no-own-roots"] if given.no_own_roots else ["--own-roots"]))
