"""Random workflows from a seed: every construct that the runner honours, alone and together.

    python tests/runner/generate.py SEED [COUNT] [FOLDER]

writes COUNT workflows to FOLDER/<seed>.yaml (or one to stdout). The same seed gives the same workflow. Every command
is a small shell line whose outcome depends on its arguments alone, so that this runner and Argo must give the same
nodes, phases, messages and outputs, whatever the order in which pods happen to end.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import yaml

IMAGE = "busybox"
LISTS = ["[1,2,3]", "[]", "[1.0,true,null]", '["a b",{}]', "3"]  # what the template `list` gives
PRINTED = ["1", '"[1,2]"', "true", '{"k":1}']  # what the template `script` prints
LEAVES = ("ok", "fail", "half", "missing", "default", "flaky", "list", "script", "make", "global", "locked", "pause")
RESULTS = ["Succeeded", "Failed", "Errored", "Skipped", "Omitted"]
JSON = dict[str, Any]


class Generator:
    """One random workflow."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.templates: list[JSON] = []
        self.locks: dict[str, str] = {}
        self.capped = False

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

    def add(self, template: JSON) -> str:
        self.templates.append(template)
        return str(template["name"])

    def container(self, name: str, script: str, output: bool = False, **more: Any) -> JSON:
        template: JSON = {
            "name": name,
            "container": {"image": IMAGE, "command": ["sh", "-c"], "args": [script]},
            **more,
        }
        if output:
            template["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]}
        return template

    # -- leaves

    def leaves(self) -> None:
        """The templates that run a pod; each takes `i` and, where it ends well, gives `o`."""
        r = self.random
        echo = 'echo "$I" > /tmp/o'
        self.leaf("ok", echo)
        self.leaf("fail", f"exit {r.choice([1, 2, 65, 75, 137])}", output=False)
        self.leaf("half", f"{echo}; exit {r.choice([1, 3])}")
        self.leaf("missing", "true")
        default = self.leaf("default", "true")
        default["outputs"]["parameters"][0]["valueFrom"]["default"] = r.choice(["d", "", "[1]"])
        tries, code = r.randint(0, 2), r.choice([1, 75])
        flaky = self.leaf("flaky", f'{echo}; if [ "{{{{retries}}}}" -lt {tries} ]; then exit {code}; fi')
        flaky["retryStrategy"] = self.retry()
        self.leaf("list", f"echo '{r.choice(LISTS)}' > /tmp/o")
        script = self.leaf("script", "")
        container = script.pop("container")
        del container["args"]
        script["script"] = {**container, "command": ["sh"], "source": f"{echo}\necho '{r.choice(PRINTED)}'\n"}
        made = self.leaf("make", f"mkdir -p /tmp/d; echo {r.randint(0, 9)} > /tmp/d/f; {echo}")
        made["outputs"]["artifacts"] = [
            {"name": "art", "path": "/tmp/d"},
            {"name": "none", "path": "/tmp/none", "optional": True},
        ]
        take = self.leaf("take", "cat /tmp/in/f > /tmp/o")
        take["inputs"] = {"artifacts": [{"name": "art", "path": "/tmp/in"}]}
        take["container"].pop("env")
        named = self.leaf("global", echo)
        named["outputs"]["parameters"][0]["globalName"] = "g"
        locked = self.leaf("locked", echo)
        if r.random() < 0.5:
            locked["synchronization"] = {"mutexes": [{"name": "m-{{workflow.name}}"}]}
        else:
            self.locks["cap"] = str(r.randint(1, 3))
            locked["synchronization"] = {
                "semaphores": [{"configMapKeyRef": {"name": f"limits-{self.seed}", "key": "cap"}}]
            }
        if r.random() < 0.2:
            self.add({"name": "pause", "suspend": {"duration": "1s"}})

    def leaf(self, name: str, script: str, output: bool = True) -> JSON:
        template = self.container(name, script, output, inputs={"parameters": [{"name": "i", "value": "none"}]})
        template["container"]["env"] = [{"name": "I", "value": "{{inputs.parameters.i}}"}]
        self.add(template)
        return template

    def retry(self) -> JSON:
        r = self.random
        strategy: JSON = {"limit": r.choice([0, 1, 2, "2"])}
        if r.random() < 0.4:
            strategy["retryPolicy"] = r.choice(["Always", "OnFailure", "OnError"])
        if r.random() < 0.4:
            strategy["expression"] = r.choice([
                "asInt(lastRetry.exitCode) == 75", "lastRetry.status != 'Error'", "asInt(retries) < 1",
                "lastRetry.exitCode in ['1','2']",
            ])  # fmt: skip
        return strategy

    # -- DAGs and steps

    def composite(self, depth: int) -> str:
        return self.dag(depth) if self.random.random() < 0.6 else self.steps(depth)

    def callee(self, depth: int) -> str:
        r = self.random
        if depth < 2 and r.random() < 0.25:
            return self.composite(depth + 1)
        names = [t["name"] for t in self.templates if t["name"] in LEAVES]
        weights = [4 if name == "ok" else 2 if name in ("list", "script", "flaky") else 1 for name in names]
        return r.choices(names, weights)[0]

    def gives(self, name: str) -> list[str]:
        template = next(t for t in self.templates if t["name"] == name)
        return [p["name"] for p in template.get("outputs", {}).get("parameters", [])]

    def takes(self, name: str) -> bool:
        template = next(t for t in self.templates if t["name"] == name)
        return bool(template.get("inputs", {}).get("parameters"))

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
            self.dress(task, "tasks", before)
            tasks.append(task)
        dag: JSON = {"tasks": tasks}
        if r.random() < 0.2:
            dag["failFast"] = r.random() < 0.5
        if r.random() < 0.1:
            dag["target"] = r.choice(tasks)["name"]
        place.update(self.around({"dag": dag}, tasks, "tasks", dag.get("target")))
        return name

    def depends(self, before: list[JSON]) -> str:
        r = self.random
        parts = []
        for task in before:
            name, looped = task["name"], bool({"withItems", "withParam", "withSequence"} & set(task))
            results = RESULTS + (["AnySucceeded", "AllFailed"] if looped else [])
            part = name if r.random() < 0.5 else f"{name}.{r.choice(results)}"
            if r.random() < 0.3:
                part = f"({part} || {name}.{r.choice(results)})"
            if r.random() < 0.1:
                part = f"!{part}"
            parts.append(part)
        return r.choice([" && ", " || "]).join(parts)

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
                self.dress(step, "steps", r.sample(seen, min(len(seen), 1)))
                group.append(step)
            groups.append(group)
            seen += group
        place.update(self.around({"steps": groups}, seen, "steps", None))
        return name

    def around(self, template: JSON, tasks: list[JSON], kind: str, target: str | None) -> JSON:
        """What a DAG or steps template may have beside its tasks: outputs, parallelism, failFast, a retry strategy."""
        r = self.random
        simple = [
            t for t in tasks if self.gives(t["template"]) and not {"withItems", "withParam", "withSequence"} & set(t)
        ]
        if simple and target is None and r.random() < 0.5:
            task = r.choice(simple)
            path = f"{kind}.{task['name']}.outputs.parameters.o"
            index = f"{kind}['{task['name']}'].outputs.parameters.o"
            source = r.choice([{"parameter": f"{{{{{path}}}}}"}, {"parameter": f"{{{{{path}}}}}", "default": "dd"},
                               {"expression": f"{index} == nil ? 'nothing' : {index}"}])  # fmt: skip
            template["outputs"] = {"parameters": [{"name": "o", "valueFrom": source}]}
        if self.capped and r.random() < 0.5:
            template["parallelism"] = r.randint(1, 2)
        if r.random() < 0.15:
            template["retryStrategy"] = {"limit": 1}
        return template

    def dress(self, task: JSON, kind: str, before: list[JSON]) -> None:
        """Adds arguments, a loop, a `when`, handlers to a task or step."""
        r = self.random
        values = ["plain", "{{workflow.parameters.text}}", "{{workflow.name}}", "{{=asInt(workflow.parameters.a) + 1}}",
                  "{{=sprig.upper(workflow.parameters.text)}}", "{{node.name}}"]  # fmt: skip
        loops = {t["name"] for t in before if {"withItems", "withParam", "withSequence"} & set(t)}
        for other in before:
            if self.gives(other["template"]):
                values.append(f"{{{{{kind}.{other['name']}.outputs.parameters.o}}}}")
                if other["name"] not in loops:
                    values.append(f"{{{{={kind}['{other['name']}'].outputs.parameters.o}}}}")
            if other["template"] == "script":
                values.append(f"{{{{{kind}.{other['name']}.outputs.result}}}}")
            values.append(f"{{{{{kind}.{other['name']}.status}}}}" if other["name"] not in loops else "loop")
        if r.random() < 0.3:
            values += self.loop(task, kind, before)
        value = r.choice(values)
        if self.takes(task["template"]):
            task["arguments"] = {"parameters": [{"name": "i", "value": value}]}
        makers = [t for t in before if t["template"] == "make" and t["name"] not in loops]
        if makers and r.random() < 0.7:
            task["template"] = "take"
            task["arguments"] = {
                "artifacts": [{"name": "art", "from": f"{{{{{kind}.{makers[0]['name']}.outputs.artifacts.art}}}}"}]
            }
        if r.random() < 0.25:
            task["when"] = self.when(task, kind, before)
        if self.capped:
            return
        if r.random() < 0.12:
            task["onExit"] = "ok"
        elif r.random() < 0.12:
            task["hooks"] = {
                "exit": {
                    "template": "ok",
                    **(
                        {"expression": f'{kind}["{task["name"]}"].status == "Failed"'}
                        if r.random() < 0.5
                        and "withItems" not in task
                        and "withParam" not in task
                        and "withSequence" not in task
                        else {}
                    ),
                }
            }

    def loop(self, task: JSON, kind: str, before: list[JSON]) -> list[str]:
        r = self.random
        lists = [t for t in before if t["template"] == "list"]
        if task["template"] == "global":  # of a loop's global outputs the last one stays, whichever that is
            return []
        form = r.random()
        if lists and form < 0.5:
            task["withParam"] = f"{{{{{kind}.{lists[0]['name']}.outputs.parameters.o}}}}"
            return ["{{item}}"] * 4
        if form < 0.7:
            task["withItems"] = r.choice(
                [["a", "b"], [1, 2, 3], ["a (b)", "c:d"], [True, False], [1.5, "x"], [[1, 2], [3]]]
            )
            return ["{{item}}"] * 4
        if form < 0.85:
            task["withItems"] = [{"k": "x", "num": 1}, {"k": "y z", "num": 2}]
            return ["{{item.k}}-{{item.num}}", "{{item}}"] * 2
        task["withSequence"] = r.choice(
            [{"count": "2"}, {"start": "3", "end": "1"}, {"count": "2", "format": "n%02d"}, {"count": 0}]
        )
        return ["{{item}}"] * 4

    def when(self, task: JSON, kind: str, before: list[JSON]) -> str:
        r = self.random
        choices = [
            "true",
            "false",
            "{{workflow.parameters.a}} == 1",
            "'{{workflow.parameters.a}}' != '1'",
            "{{=workflow.parameters.a == '1'}}",
        ]
        loops = {t["name"] for t in before if {"withItems", "withParam", "withSequence"} & set(t)}
        for other in before:
            if other["name"] not in loops:
                choices.append(f"{{{{{kind}.{other['name']}.status}}}} == Succeeded")
        if task.get("withSequence") or (task.get("withItems") and not isinstance(task["withItems"][0], dict)):
            choices += ["'{{item}}' != '1'"]
        return r.choice(choices)


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
