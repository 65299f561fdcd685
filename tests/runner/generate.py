"""Random workflows from a seed: every construct that the runner honours, alone and together.

    python tests/runner/generate.py SEED [COUNT] [FOLDER]

writes COUNT workflows to FOLDER/<seed>.yaml (or one to stdout). The same seed gives the same workflow. Every command
is a small shell line whose outcome depends on its arguments alone, so that this runner and Argo must give the same
nodes, phases, messages and outputs, whatever the order in which pods happen to end.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from generate_leaves import JSON, LEAVES
from generate_tasks import Tasks


class Generator(Tasks):
    """One random workflow."""

    def workflow(self) -> list[JSON]:
        """The workflow's manifests: the Workflow, and the ConfigMap of its semaphores where it has some."""
        r = self.random
        # With both a cap on pods and handlers of tasks, the controller's own result depends on which pod ends first.
        self.capped = r.random() < 0.3
        self.leaves()
        main = self.composite(0)
        spec: JSON = {
            "entrypoint": main,
            "arguments": {"parameters": [{"name": "a", "value": "1"}, {"name": "text", "value": "x 'y' \"z\" {w}"}]},
            "templates": self.templates,
        }
        if r.random() < 0.4:
            spec["onExit"] = self.add(
                self.container(f"bye-{len(self.templates)}", 'echo "{{workflow.status}}" > /tmp/o', True)
            )
        elif r.random() < 0.2:
            spec["hooks"] = {"exit": {"template": "ok"}}
        if self.capped and r.random() < 0.7:
            spec["parallelism"] = r.randint(1, 3)
        if r.random() < 0.1:
            spec["hooks"] = {
                **spec.get("hooks", {}),
                "failed": {"template": "ok", "expression": 'workflow.status == "Failed"'},
            }
        manifests: list[JSON] = [
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Workflow",
                "metadata": {"name": f"random-{self.seed}"},
                "spec": spec,
            }
        ]
        if self.locks:
            manifests.append(
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": f"limits-{self.seed}"},
                    "data": self.locks,
                }
            )
        return manifests

    def composite(self, depth: int) -> str:
        return self.dag(depth) if self.random.random() < 0.6 else self.steps(depth)

    def callee(self, depth: int) -> str:
        r = self.random
        if depth < 2 and r.random() < 0.25:
            return self.composite(depth + 1)
        names = [t["name"] for t in self.templates if t["name"] in LEAVES]
        weights = [4 if name == "ok" else 2 if name in ("list", "script", "flaky") else 1 for name in names]
        return r.choices(names, weights)[0]

    def dag(self, depth: int) -> str:
        r = self.random
        name = f"dag-{len(self.templates)}"
        place = {"name": name}
        self.templates.append(place)
        spelled = r.random() < 0.7
        tasks: list[JSON] = []
        for index in range(r.randint(1, 5)):
            task: JSON = {"name": f"t{index}" if r.random() < 0.7 else f"t-{index}", "template": self.callee(depth)}
            before = r.sample(tasks, min(len(tasks), r.choice([0, 1, 1, 2])))
            if before and spelled:
                task["depends"] = self.depends(before)
            elif before:
                task["dependencies"] = [t["name"] for t in before]
            if not spelled and r.random() < 0.3:
                task["continueOn"] = r.choice([{"failed": True}, {"error": True}, {"failed": True, "error": True}])
            self.furnish(task, "tasks", before)
            tasks.append(task)
        dag: JSON = {"tasks": tasks}
        if r.random() < 0.2:
            dag["failFast"] = r.random() < 0.5
        if r.random() < 0.1:
            dag["target"] = r.choice(tasks)["name"]
        place.update(self.around({"dag": dag}, tasks, "tasks", dag.get("target")))
        return name

    def steps(self, depth: int) -> str:
        r = self.random
        name = f"steps-{len(self.templates)}"
        place = {"name": name}
        self.templates.append(place)
        groups: list[list[JSON]] = []
        seen: list[JSON] = []
        for i in range(r.randint(1, 3)):
            group = []
            for j in range(r.choice([1, 1, 2, 3])):
                step: JSON = {"name": f"s{i}{j}", "template": self.callee(depth)}
                if r.random() < 0.25:
                    step["continueOn"] = r.choice([{"failed": True}, {"error": True}, {"failed": True, "error": True}])
                self.furnish(step, "steps", r.sample(seen, min(len(seen), 1)))
                group.append(step)
            groups.append(group)
            seen += group
        place.update(self.around({"steps": groups}, seen, "steps", None))
        return name


def text(seed: int) -> str:
    """The manifests of a seed as YAML."""
    documents = Generator(seed).workflow()
    return yaml.safe_dump_all(documents, sort_keys=False, width=100)


def main(arguments: list[str]) -> None:
    seed, count = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1
    if len(arguments) < 3:
        print(text(seed), end="")
        return
    folder = Path(arguments[2])
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(seed, seed + count):
        (folder / f"{number}.yaml").write_text(text(number))


if __name__ == "__main__":
    main(sys.argv[1:])
