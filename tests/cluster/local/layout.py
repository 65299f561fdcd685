"""Where the local cluster keeps what it has, and the addresses that it uses.

Everything is outside the tree, in $DAC_CACHE/cluster: a folder for each server built, `containerd/` (images, kept
between starts so that a second one is quick) and `run/` (one start's state: removed by `down`).
"""

import os
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
CACHE = Path(os.environ.get("DAC_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dac")
STORE = CACHE / "cluster"
RUN = STORE / "run"
IMAGES = STORE / "containerd"
KUBECONFIG = RUN / "kubeconfig"
SOCKET = RUN / "containerd.sock"
# The controllers' own accounts, not the administrator's: admission tells them apart. Account -> its kubeconfig.
NAMESPACES = {
    "argo": "argo",
    "argocd-application-controller": "argocd",
    "argocd-applicationset-controller": "argocd",
}
ACCOUNTS = {name: RUN / f"kubeconfig-{name}" for name in NAMESPACES}

HOST, NODE = "10.87.0.1", "10.87.0.2"  # the two ends of the cable between this machine and the cluster's namespace
PODS, SERVICES = "10.88.0.0/16", "10.96.0.0/16"
SERVICE, DNS = "10.96.0.1", "10.96.0.10"  # of the API server and of the name server
API = f"https://{NODE}:6443"


def version(server: str) -> str:
    """Return the version of a server that build/<server>/recipe.sh names."""
    match = re.search(r"^# version: (\S+)$", (HERE / "build" / server / "recipe.sh").read_text(), re.MULTILINE)
    if not match:
        raise ValueError(f"build/{server}/recipe.sh: no line '# version: ...'")
    return match[1]


def built(server: str) -> Path:
    """Return the folder that build.sh makes of a server."""
    return STORE / f"{server}-{version(server)}"


def binary(server: str, name: str | None = None) -> str:
    """Return the path of a server's program, named like the server when no name is given."""
    return str(built(server) / (name or server))
