"""List the benches, or run one as its docstring says.

    python3 tests/bench                          # a line for each
    python3 tests/bench check --projects 100     # what follows the name goes to the bench

A bench is a program of this folder. The first line of its docstring says what it measures; the first indented line that
names the file is the command that runs it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def benches() -> dict[str, tuple[str, str]]:
    """Return what each bench measures and the command that runs it, by name."""
    by_name = {}
    for file in sorted(HERE.glob("*.py")):
        path = file.relative_to(ROOT).as_posix()
        docstring = ast.get_docstring(ast.parse(file.read_text())) or ""
        commands = [line.strip() for line in docstring.splitlines() if line.startswith("    ") and path in line]
        if commands and file != Path(__file__).resolve():
            command = commands[0].partition(path)[0] + path  # without the flags that it may take
            by_name[file.stem] = (docstring.splitlines()[0], command)
    return by_name


def main(words: list[str]) -> int:
    """Print the list or run a bench, and return the exit status."""
    by_name = benches()
    if words in ([], ["list"]):
        for name, (summary, _) in by_name.items():
            print(f"{name:<16} {summary}")
        print("\nmake bench NAME=check [ARGS='--projects 100']; without a name, layer")
        return 0
    name, *flags = words
    if name not in by_name:
        print(f'tests/bench: unknown bench "{name}"; choose one of: {", ".join(by_name)}', file=sys.stderr)
        return 2
    command = by_name[name][1]
    print(f"+ {command} {' '.join(flags)}".rstrip(), file=sys.stderr)
    return subprocess.run(["bash", "-euo", "pipefail", "-c", f'{command} "$@"', name, *flags], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
