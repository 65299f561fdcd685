"""Things that fail while a pipeline runs: a server of the node, a pod, the store; chosen by a seed."""

import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from harness.kube import Kube
from harness.outside import NAMESPACE, Outside
from harness.runs import DONE, Runs

LOCAL = Path(__file__).resolve().parent.parent / "local"
STEPS = ("discover", "embed", "upsert", "validate", "publish")
VICTIMS = ("controller", "pod", "node agent", "store")


@dataclass(frozen=True)
class Fault:
    """What is killed, in which step, and how many seconds after the step's pod began to run."""

    victim: str
    step: str
    after: float

    @classmethod
    def of(cls, seed: int) -> "Fault":
        """The fault that a seed stands for."""
        chance = random.Random(seed)
        return cls(chance.choice(VICTIMS), chance.choice(STEPS), round(chance.uniform(0, 6), 1))

    def __str__(self) -> str:
        return f"{self.victim} killed {self.after} s into {self.step}"


def strike(kube: Kube, docs: Runs, name: str, fault: Fault) -> bool:
    """Waits for the fault's moment in a run and kills; False when the run ended before."""

    def pod() -> str:
        if docs.phase(name) in DONE:
            return "ended"
        pods = kube.get("-n", docs.project, "pods", "-l", f"workflows.argoproj.io/workflow={name}")["items"]
        at = [p for p in pods if f"-{fault.step}-" in p["metadata"]["name"] and p["status"]["phase"] == "Running"]
        return at[0]["metadata"]["name"] if at else ""

    found = kube.until(f"a pod of {fault.step}", pod, 300)
    if found == "ended":
        return False
    time.sleep(fault.after)
    kill(kube, docs, found, fault.victim)
    return True


def kill(kube: Kube, docs: Runs, pod: str, victim: str) -> None:
    """Kills one thing outright."""
    match victim:
        case "pod":
            kube("-n", docs.project, "delete", "pod", pod, "--grace-period=0", "--force", "--ignore-not-found")
        case "store":
            kube("-n", NAMESPACE, "delete", "pod", "weaviate-0", "--grace-period=0", "--force")
        case "controller" if kube.exists("-n", "argo", "deployment", "workflow-controller"):
            kube("-n", "argo", "delete", "pod", "-l", "app=workflow-controller", "--grace-period=0", "--force")
        case "controller":
            local("workflow-controller")
        case "node agent":
            local("kubelet")


def local(server: str) -> None:
    """Kills a server of the local cluster; its process 1 starts it again, as a real node would."""
    done = subprocess.run([sys.executable, LOCAL, "kill", server], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def survives(kube: Kube, docs: Runs, outside: Outside, fault: Fault) -> str:
    """Runs the pipeline with the fault in it, and says how it came through.

    Right is: the run succeeds and its canaries pass; or it fails, says so in Slack, and readers still have the index
    that they had, and then one more run repairs it.
    """
    before = outside.aliases()
    name = docs.start()
    struck = strike(kube, docs, name, fault)
    ended = docs.wait(name, 900)
    if ended["status"]["phase"] == "Succeeded":
        assert docs.receipt(name)["verdicts"]["canaries"] in ("passed", None), docs.why(ended)
        return f"{fault}: {'succeeded' if struck else 'over before it'}"
    assert outside.aliases() == before, f"{fault}: readers lost their index\n{docs.why(ended)}"
    assert any(name in message["text"] for message in outside.messages()), f"{fault}: nobody was told"
    docs.run()
    return f"{fault}: failed loudly, repaired by the next run"
