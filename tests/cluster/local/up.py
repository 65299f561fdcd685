"""Starts the local cluster, step by step."""

import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import machine
import services
from layout import ACCOUNTS, HERE, HOST, KUBECONFIG, NAMESPACES, NODE, PODS, RUN, SERVICES, binary, built
from machine import Failed, await_, run, succeeds
from node_images import import_images

INIT = str(Path(__file__).with_name("init.py"))
UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--propagation", "private")
KUBECTL = binary("kube", "kubectl")


def up() -> None:
    """Start everything and wait until the node and the controllers are ready.

    Raises:
        Failed: a step did not come to its end; what was started is left to look at, and `down` removes it.
    """
    machine.prepare()
    if machine.init_pid():
        raise Failed(f"a cluster runs already: KUBECONFIG={KUBECONFIG} (end it with: make cluster-down)")
    if RUN.exists():
        print(f"state of a run that was not ended properly is in {RUN}: removing it", file=sys.stderr)
        if left := machine.sweep():
            raise Failed(f"could not be removed: {', '.join(left)}")
    run(str(HERE / "build.sh"))
    write_files()
    step("namespaces and network", namespaces)
    step("API server", control_plane)
    step("node", node)
    step("Argo Workflows and Argo CD", argo)


def step(name: str, action: Callable[[], None]) -> None:
    began = time.monotonic()
    action()
    print(f"{name}: {time.monotonic() - began:.1f} s", file=sys.stderr)


def write_files() -> None:
    """Write what the servers read at their start."""
    for folder in ("pki", "cni", "log", "pid", "wanted", "kill", "git", *(f"argocd/{f}" for f in services.ACD_FOLDERS)):
        (RUN / folder).mkdir(parents=True)
    token = secrets.token_hex(16)
    tokens = {name: secrets.token_hex(16) for name in ACCOUNTS}
    lines = [f"{token},admin,admin,system:masters"]
    for name, namespace in NAMESPACES.items():
        groups = f"system:serviceaccounts,system:serviceaccounts:{namespace},system:authenticated"
        lines.append(f'{tokens[name]},system:serviceaccount:{namespace}:{name},{name},"{groups}"')
    texts = {
        "tokens.csv": "".join(f"{line}\n" for line in lines),
        "token": tokens["argocd-application-controller"],  # what a process of Argo CD finds where a pod has its token
        "kubeconfig": services.kubeconfig(token),
        **{ACCOUNTS[name].name: services.kubeconfig(text) for name, text in tokens.items()},
        "containerd.toml": services.CONTAINERD,
        "cni/10-bridge.conflist": services.CNI,
        "kubelet.yaml": services.KUBELET,
        "proxy.yaml": services.PROXY,
        "Corefile": services.COREFILE,
        "resolv.conf": services.RESOLV,
        "argocd/ssh/ssh_known_hosts": "",
    }
    for name, text in texts.items():
        (RUN / name).write_text(text)
    for file in (KUBECONFIG, *ACCOUNTS.values()):
        file.chmod(0o600)
    run("openssl", "genrsa", "-out", f"{RUN}/pki/sa.key", "2048")
    run("openssl", "rsa", "-in", f"{RUN}/pki/sa.key", "-pubout", "-out", f"{RUN}/pki/sa.pub")


def namespaces() -> None:
    """Start process 1 in namespaces of its own, and lay the cable to it: a pair of virtual interfaces."""
    with open(RUN / "log" / "init", "ab") as log:
        outer = subprocess.Popen(
            [*UNSHARE, sys.executable, INIT],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
    await_("the cluster's process 1", lambda: bool(children.read_text().split()), 10)
    pid = int(children.read_text().split()[0])
    machine.remember(pid)
    run("ip", "link", "add", "dac0", "type", "veth", "peer", "name", "up0", "netns", str(pid))
    run("ip", "addr", "add", f"{HOST}/30", "dev", "dac0")
    run("ip", "link", "set", "dac0", "up")
    inside = ("nsenter", f"--net=/proc/{pid}/ns/net", "ip")
    run(*inside, "addr", "add", f"{NODE}/30", "dev", "up0")
    run(*inside, "link", "set", "up0", "up")
    run(*inside, "route", "add", "default", "via", HOST)
    for network in (PODS, SERVICES):
        run("ip", "route", "add", network, "via", NODE)


def want(*names: str) -> None:
    """Asks process 1 to start servers and to keep them running."""
    for name in names:
        (RUN / "wanted" / name).touch()


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    return run(KUBECTL, f"--kubeconfig={KUBECONFIG}", *arguments, stdin=stdin)


def control_plane() -> None:
    want(*services.FIRST)
    await_("the API server", lambda: succeeds(KUBECTL, f"--kubeconfig={KUBECONFIG}", "get", "--raw", "/readyz"))


def node() -> None:
    """Start the node agent with the images that pods need, service addresses and the name server."""
    await_("containerd", lambda: succeeds("ctr", "-a", str(RUN / "containerd.sock"), "version"))
    clear_containers()
    import_images()
    want(*services.NODE_SERVICES)
    kubectl("apply", "-f", "-", stdin=services.NAME_SERVICE)
    ready = ("wait", "--for=condition=Ready", "node/node1", "--timeout=1s")
    await_("the node", lambda: succeeds(KUBECTL, f"--kubeconfig={KUBECONFIG}", *ready), 90)


def clear_containers() -> None:
    """Remove containers that an earlier start left in containerd's store, before the node agent sees them."""
    left = machine.ctr("containers", "ls", "-q").split()
    if left:
        machine.ctr("containers", "rm", *left)
        (RUN / "kill" / "containerd").touch()  # its view of pods is read at its start only
        await_("containerd to end", lambda: not (RUN / "kill" / "containerd").exists())
        time.sleep(1)
        await_("containerd", lambda: succeeds("ctr", "-a", str(RUN / "containerd.sock"), "version"))


def argo() -> None:
    """Installs what upstream's release manifests would: definitions, namespaces, empty configurations, controllers."""
    files = [f"-f={built(server)}/crds" for server in ("argo", "argocd")]
    kubectl("create", "--save-config=false", "--validate=false", *files)
    kubectl("apply", "-f", "-", stdin=services.INSTALL.replace("@KEY@", secrets.token_hex(16)))
    kubectl("apply", "-n", "argo", "-f", f"{built('argo')}/rbac")
    want(*services.CONTROLLERS)
    for name in services.CONTROLLERS:
        await_(name, lambda name=name: (RUN / "pid" / name).exists())
