"""What the tasks and steps of a random workflow are given: arguments, loops, conditions, handlers."""

from __future__ import annotations

from generate_leaves import JSON, Leaves

RESULTS = ["Succeeded", "Failed", "Errored", "Skipped", "Omitted"]


class Tasks(Leaves):
    """The tasks of one random workflow."""

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

    def furnish(self, task: JSON, kind: str, before: list[JSON]) -> None:
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
