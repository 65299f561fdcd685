"""The templates of a random workflow that run a pod."""

from __future__ import annotations

import random
from typing import Any

IMAGE = "busybox"
LISTS = ["[1,2,3]", "[]", "[1.0,true,null]", '["a b",{}]', "3"]  # what the template `list` gives
PRINTED = ["1", '"[1,2]"', "true", '{"k":1}']  # what the template `script` prints
LEAVES = ("ok", "fail", "half", "missing", "default", "flaky", "list", "script", "make", "global", "locked", "pause")
JSON = dict[str, Any]


class Leaves:
    """The leaves of one random workflow, and its templates so far."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.templates: list[JSON] = []
        self.locks: dict[str, str] = {}
        self.capped = False

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

    def gives(self, name: str) -> list[str]:
        template = next(t for t in self.templates if t["name"] == name)
        return [p["name"] for p in template.get("outputs", {}).get("parameters", [])]

    def takes(self, name: str) -> bool:
        template = next(t for t in self.templates if t["name"] == name)
        return bool(template.get("inputs", {}).get("parameters"))
