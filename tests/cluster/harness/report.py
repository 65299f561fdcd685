"""What the cluster looked like when a test failed: printed in short, and kept whole in a folder."""

import re
import shutil
import time

from harness.kube import CACHE, Kube, Refused

KEPT = CACHE / "cluster" / "failed"
LOGS = CACHE / "cluster" / "run" / "log"  # of the local cluster's servers
WHOLE = {  # file -> what kubectl gets
    "pods.yaml": ("pods", "-A", "-o", "yaml"),
    "workflows.yaml": ("workflows", "-A", "-o", "yaml"),
    "applications.yaml": ("-n", "argocd", "applications,applicationsets,appprojects", "-o", "yaml"),
    "events.txt": ("events", "-A", "--sort-by=.lastTimestamp"),
    "namespaces.yaml": ("namespaces", "-o", "yaml"),
}


def keep(kube: Kube, test: str) -> str:
    """Write all into a folder named after the test, and return what to read first."""
    folder = KEPT / f"{time.strftime('%Y%m%d-%H%M%S')}-{re.sub('[^a-z0-9_]+', '-', test.lower()).strip('-')}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, what in WHOLE.items():
        (folder / name).write_text(asked(kube, "get", *what))
    if LOGS.is_dir():
        shutil.copytree(LOGS, folder / "log", dirs_exist_ok=True)
    parts = {
        "runs": asked(kube, "get", "workflows", "-A"),
        "pods": asked(kube, "get", "pods", "-A"),
        "applications": asked(kube, "-n", "argocd", "get", "applications", "-o", APPLICATIONS),
        "warnings": last(asked(kube, "get", "events", "-A", "--field-selector=type=Warning", EVENTS), 15),
        "workflow controller": last(controller(kube), 25),
    }
    parts["all of it"] = str(folder)
    return "\n".join(f"-- {name}\n{text.rstrip()}" for name, text in parts.items())


EVENTS = "--sort-by=.lastTimestamp"
APPLICATIONS = (
    "custom-columns=NAME:.metadata.name,SYNC:.status.sync.status,HEALTH:.status.health.status,"
    "OPERATION:.status.operationState.phase,SINCE:.status.operationState.startedAt,"
    "DELETED:.metadata.deletionTimestamp,SAYS:.status.operationState.message"
)


def controller(kube: Kube) -> str:
    """Return the workflow controller's log: a server of the local node, or a deployment."""
    if (LOGS / "workflow-controller").is_file():
        return (LOGS / "workflow-controller").read_text(errors="replace")
    return asked(kube, "-n", "argo", "logs", "deployment/workflow-controller", "--tail=200")


def asked(kube: Kube, *what: str) -> str:
    """Return what kubectl says, also where it is an error."""
    try:
        return kube(*what)
    except Refused as fault:
        return str(fault)


def last(text: str, lines: int) -> str:
    return "\n".join(line[:400] for line in text.splitlines()[-lines:])
