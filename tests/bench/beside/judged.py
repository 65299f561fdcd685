"""conftest, started once a project over the very documents that `dac check PROJECT` has judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from beside.tools import conftest


def conftest_commands(tree: Path, projects: Sequence[str], folder: Path) -> list[list[str | Path]]:
    """Write each project's document into a folder, and return the commands that judge them."""
    program = conftest()
    from dac.cli._compose import compose
    from dac.cli._month_costs import month_costs
    from dac.judge.policy_input import Scope, policy_inputs

    files = sorted(path for path in (tree / "policy").glob("*/*.rego") if not path.stem.endswith("_test"))
    options = ["--namespace=main", "--output=json", "--parser=json", "--no-fail", *(f"--policy={f}" for f in files)]
    commands: list[list[str | Path]] = []
    for name in projects:
        composed = compose(tree, [name])
        scope = Scope(date.today(), [], whole=False, cluster=False)
        costs = month_costs(composed.repository, composed.manifests)
        documents = policy_inputs(composed.repository, composed.manifests, scope, costs)
        files_of_project = [folder / f"{name}.{number}.policy.json" for number in range(len(documents))]
        for file, document in zip(files_of_project, documents, strict=True):
            file.write_bytes(document)
        commands.append([program, "test", *options, *files_of_project])
    return commands
