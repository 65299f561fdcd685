"""What many runs at once take: memory of the servers, objects in the API, bytes in etcd."""

import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from harness.kube import CACHE, Kube, say

SERVERS = ("workflow-controller", "kube-apiserver", "etcd", "argocd-application-controller", "argocd-repo-server")
LOCAL = Path(__file__).resolve().parent.parent / "local"
_FLAGS = CACHE / "cluster/run/flags"
_ETCD = CACHE / "cluster/run/etcd/member/snap/db"
_COUNTS = ("apiserver_resource_objects{", "apiserver_storage_objects{")  # from Kubernetes 1.34 on, and before


def resident() -> dict[str, int]:
    """Return the resident memory of each server of the local cluster, in bytes."""
    held = dict.fromkeys(SERVERS, 0)
    for process in Path("/proc").iterdir():
        try:
            name = (
                Path((process / "cmdline").read_bytes().split(b"\0")[0].decode()).name if process.name.isdigit() else ""
            )
            if name in held:
                pages = int((process / "statm").read_text().split()[1])
                held[name] = max(held[name], pages * 4096)
        except (OSError, IndexError, ValueError):
            continue  # it has ended
    return held


def objects(kube: Kube) -> int:
    """Return how many objects the API server keeps."""
    lines = kube("get", "--raw", "/metrics").splitlines()
    for name in _COUNTS:
        counts = [float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)]
        if counts:
            return int(sum(count for count in counts if count > 0))
    return 0


def flags_in(install: Path) -> dict[str, list[str]]:
    """Return the flags of each controller, and its variables, by what `dac render` writes for the installation."""
    argo = yaml.safe_load((install / "argo-workflows/controller.yaml").read_text())
    config: dict[str, str] = {}
    pods = {}
    for each in (argo, *yaml.safe_load_all((install / "argo-cd/controllers.yaml").read_text())):
        config |= each.get("data", {})
        for container in each.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
            pods[container["name"]] = container
    variables = {name: [f"{each['name']}={each['value']}" for each in pod["env"]] for name, pod in pods.items()}
    return {
        "workflow-controller": [*variables["workflow-controller"], *pods["workflow-controller"]["args"]],
        "application-controller": [
            *variables["argocd-application-controller"],
            f"--status-processors={config['controller.status.processors']}",
            f"--operation-processors={config['controller.operation.processors']}",
            f"--app-resync={config['timeout.reconciliation'].removesuffix('s')}",
        ],
        "repo-server": [f"--parallelismlimit={config['reposerver.parallelism.limit']}"],
    }


@contextmanager
def given(flags: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Start servers of the local cluster anew with more flags, and once more without them after the block."""
    _FLAGS.mkdir(exist_ok=True)
    for name, more in flags.items():
        (_FLAGS / name).write_text(" ".join(more))
        kill(name)
    try:
        yield
    finally:
        for name in flags:
            (_FLAGS / name).unlink()
            kill(name)


def kill(name: str) -> None:
    """Kill a server of the local cluster; it is started again a second later."""
    subprocess.run([sys.executable, LOCAL, "kill", name], check=True)


@contextmanager
def measured(kube: Kube, what: str) -> Iterator[None]:
    """Say what was taken at most while the block went on."""
    most, ended = resident(), threading.Event()

    def watch() -> None:
        while not ended.wait(1):
            most.update({name: max(most[name], size) for name, size in resident().items()})

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        memory = ", ".join(f"{name} {size / 2**20:.0f} MiB" for name, size in most.items())
        say("%s: %d objects, %.0f MiB in etcd; at most %s", what, objects(kube), _ETCD.stat().st_size / 2**20, memory)
