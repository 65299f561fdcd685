"""Things that fail while a pipeline runs: a server of the node, a pod, the store; chosen by a seed."""

import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from harness.docs import write_documents
from harness.kube import CACHE, Kube, say
from harness.outside import NAMESPACE, Outside
from harness.runs import DONE, Runs

LOCAL = Path(__file__).resolve().parent.parent / "local"
STEPS = ("discover", "embed", "upsert", "validate", "publish")
VICTIMS = ("controller", "pod", "node agent", "store")
TRIES = 3


@dataclass(frozen=True)
class Fault:
    """What is killed, in which step, and how many seconds after the step's pod began to run."""

    victim: str
    step: str
    after: float

    def __str__(self) -> str:
        return f"{self.victim} killed {self.after} s into {self.step}"


def faults(seed: int) -> list[Fault]:
    """One of each victim in each step, in the order and at the moments that a seed gives."""
    chance = random.Random(seed)
    pairs = [(victim, step) for victim in VICTIMS for step in STEPS]
    chance.shuffle(pairs)
    return [Fault(victim, step, round(chance.uniform(0, 4), 1)) for victim, step in pairs]


def strike(kube: Kube, docs: Runs, name: str, fault: Fault) -> float | None:
    """Wait for the fault's moment in a run and kill.

    Returns:
        how many seconds into the step's pod it was; None when the run or the pod was over before.
    """

    def pod() -> str:
        if docs.phase(name) in DONE:
            return "ended"
        pods = kube.get("-n", docs.project, "pods", "-l", f"workflows.argoproj.io/workflow={name}")["items"]
        at = [p for p in pods if f"-{fault.step}-" in p["metadata"]["name"] and p["status"]["phase"] == "Running"]
        return at[0]["metadata"]["name"] if at else ""

    pod_name, began = kube.until(f"a pod of {fault.step}", pod, 600), time.monotonic()
    if pod_name == "ended":
        return None
    time.sleep(fault.after)
    if fault.victim != "store" and pod() != pod_name:
        return None
    kill(kube, docs, pod_name, fault.victim)
    return time.monotonic() - began


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
        case "node agent" if Path(kube.kubeconfig).is_relative_to(CACHE):
            local("kubelet")
        case "node agent":  # kind's node is a container of the node's name, in which systemd starts it again
            node = kube.get("nodes")["items"][0]["metadata"]["name"]
            subprocess.run(["docker", "exec", node, "pkill", "-KILL", "-x", "kubelet"], check=True)


def local(server: str) -> None:
    """Kills a server of the local cluster; its process 1 starts it again, as a real node would."""
    done = subprocess.run([sys.executable, LOCAL, "kill", server], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def survives(kube: Kube, docs: Runs, outside: Outside, fault: Fault) -> str:
    """Change a document, run the pipeline with the fault in it, and say how it came through.

    A kill that came too late does not count: it is tried again, earlier.
    """
    for attempt in range(TRIES):
        earlier = Fault(fault.victim, fault.step, fault.after / 2**attempt)
        text = f"In chess a pawn that reaches the last rank becomes another piece: {earlier}."
        if how := came_through(kube, docs, outside, earlier, write_documents(outside, chess=text)):
            return f"{fault}: {how}"
        say("%s: it was over before", earlier)
    raise AssertionError(f"{fault}: {TRIES} runs were over before it")


def came_through(kube: Kube, docs: Runs, outside: Outside, fault: Fault, documents: dict[str, str]) -> str:
    """How a run came through a fault; empty when it was over before.

    Right is: it succeeds, its canaries pass and readers find the documents; or it fails, says so in Slack, and readers
    still find what they found before, and then one more run repairs it.

    Args:
        documents: document -> text, as they now are in the source.
    """
    before = outside.indexed(docs.alias)
    name = docs.start()
    struck = strike(kube, docs, name, fault)
    if struck is not None:
        say("%s killed %.1f s into %s", fault.victim, struck, fault.step)
    ended = docs.wait(name, 1800)
    kube.until("the store to answer", lambda: bool(outside.aliases()), 180)
    if ended["status"]["phase"] == "Succeeded":
        assert docs.receipt(name)["verdicts"]["canaries"] == "passed", docs.why(ended)
        how = "the run came through"
    else:
        assert outside.indexed(docs.alias) == before, f"{fault}: readers lost their index\n{docs.why(ended)}"
        assert any(name in message["text"] for message in outside.messages()), f"{fault}: nobody was told"
        say("it failed: %s", docs.why(ended))
        docs.run()
        how = "it failed loudly, readers kept their index, and the next run repaired it"
    assert outside.indexed(docs.alias) == {document: [text] for document, text in documents.items()}, str(fault)
    return how if struck is not None else ""
