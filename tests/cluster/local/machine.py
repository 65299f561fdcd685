"""What this machine must have for the local cluster, and what a cluster leaves on it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from layout import RUN, SOCKET

PACKAGES = {  # a program each, and the Debian package that has it
    "containerd": "containerd",
    "runc": "runc",
    "redis-server": "redis-server",
    "ip": "iproute2",
    "iptables": "iptables",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "/bin/busybox": "busybox-static",
    "git": "git",
    "openssl": "openssl",
}
CGROUPS = Path("/sys/fs/cgroup")
QUIET: dict[str, Any] = {"capture_output": True, "text": True}
APT = ("apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq")  # another process may hold the lock for a while


class Failed(Exception):
    """The cluster could not be started or ended; the message says what to do."""


def run(*command: str, stdin: str | None = None) -> str:
    """Run a command and return what it prints; a failure carries its last lines."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{' '.join(command)[:200]}: exit {done.returncode}\n{(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def await_(what: str, ready: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so, or fail saying what was waited for."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise Failed(f"gave up after {seconds:.0f} s waiting for {what}; logs: {RUN}/log/")
        time.sleep(0.2)


def succeeds(*command: str) -> bool:
    """Whether a command ends well."""
    return subprocess.run(command, capture_output=True).returncode == 0


def lacks() -> str:
    """Why this machine cannot host a node at all, whatever is installed on it; empty where it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a node needs root on Linux (namespaces, mounts)"
    mount = "mount --make-rshared / && mount -t tmpfs tmpfs /run && ip link add dac0 type veth peer name dac1"
    probe = ("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--propagation", "private", "sh", "-c")
    try:
        done = subprocess.run([*probe, mount if shutil.which("ip") else mount.rpartition(" && ")[0]], **QUIET)
    except FileNotFoundError:
        return "there is no unshare here (Debian's util-linux)"
    if done.returncode:
        return f"namespaces or mounts are refused: {done.stderr.strip() or f'exit {done.returncode}'}"
    parent = CGROUPS if (CGROUPS / "cgroup.controllers").exists() else CGROUPS / "memory"
    folder = parent / f"dac-probe-{os.getpid()}"
    try:
        folder.mkdir()
        folder.rmdir()
    except OSError as fault:
        return f"control groups are refused: {folder}: {fault.strerror}"
    return ""


def prepare() -> None:
    """Installs the Debian packages that are missing."""
    if reason := lacks():
        raise Failed(f"the local cluster cannot run here: {reason}; set KUBECONFIG to any cluster instead")
    missing = sorted({package for program, package in PACKAGES.items() if not shutil.which(program)})
    if missing:
        quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, **QUIET}
        subprocess.run([*APT, "update"], **quiet)
        done = subprocess.run([*APT, "install", "-y", "--no-install-recommends", *missing], **quiet)
        if done.returncode:
            raise Failed(f"install these Debian packages first: {' '.join(missing)}\n{done.stderr[-500:]}")


def init_pid() -> int | None:
    """Return the process id, on this machine, of the cluster's process 1, or None where it does not run."""
    try:
        pid, started = (RUN / "init").read_text().split()
        return int(pid) if started == start_time(int(pid)) else None
    except (OSError, ValueError):
        return None


def start_time(pid: int) -> str:
    """When a process started, in ticks since boot: with it a process id cannot be mistaken for a later process's."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]


def remember(pid: int) -> None:
    """Write down process 1, so that `down` can end it whatever happens to `up`."""
    (RUN / "init").write_text(f"{pid} {start_time(pid)}\n")


def end() -> None:
    """Kills process 1 of the cluster: the kernel ends everything in its namespaces and unmounts what they mounted."""
    pid = init_pid()
    if pid:
        os.kill(pid, signal.SIGKILL)
        await_(f"process {pid} to end", lambda: init_pid() is None or state(pid) in "ZX", 30)


def state(pid: int) -> str:
    """Return a process's state letter; X when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "X"


def sweep() -> list[str]:
    """Remove the control groups that pods leave, and the run folder; return what could not be removed."""
    groups = [folder for folder in CGROUPS.glob("**/kubepods") if folder.is_dir()]
    for group in groups:
        for _ in range(50):  # a killed process stays in its group for a moment
            for path, _, _ in os.walk(group, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(path)
            if not group.exists():
                break
            time.sleep(0.1)
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    left = [mount for mount in mounts if Path(mount).is_relative_to(RUN)]
    if not left:  # never remove below a mount: what is mounted there is somebody's
        shutil.rmtree(RUN, ignore_errors=True)
    return left + [str(path) for path in [*groups, RUN] if path.exists()]


def ctr(*arguments: str) -> str:
    """Containerd's own client, on the cluster's containerd and Kubernetes' namespace in it."""
    return run("ctr", "-a", str(SOCKET), "-n", "k8s.io", *arguments)
