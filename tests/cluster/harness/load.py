"""What many runs at once take: memory of the servers, objects in the API, bytes in etcd."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.kube import CACHE, Kube, say

SERVERS = ("workflow-controller", "kube-apiserver", "etcd", "argocd-application-controller", "argocd-repo-server")
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
