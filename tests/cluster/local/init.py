"""Process 1 of the cluster's namespaces: keeps each wanted server running, as systemd would on a real node.

    unshare --net --mount --pid --fork --mount-proc --kill-child python3 init.py

A file run/wanted/NAME means that server NAME shall run: one that ends is started again after a second. A file
run/kill/NAME kills it outright (the tests' faults). A file run/flags/NAME has flags, and variables in front of them
(`GOMEMLIMIT=1GiB --qps=50`), that it is given from its next start on. Everything below this process, pods too, is in
its process, mount and network namespaces: the kernel ends and unmounts it all when this process ends, however it ends.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from layout import RUN
from services import COMMANDS, environment

PAUSE = 0.1
PRIVATE = ("/run", "/var/lib/cni", "/var/log/containers", "/var/lib/kubelet")


def isolate() -> None:
    """Give the namespaces folders of their own where servers leave state, and the cluster's name server."""
    subprocess.run(["mount", "--make-rshared", "/"], check=True)
    for folder in PRIVATE:
        Path(folder).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder], check=True)
    Path("/run/lock").mkdir()
    account = Path("/run/secrets/kubernetes.io/serviceaccount")  # Argo CD reads it, for it is meant to run in a pod
    account.mkdir(parents=True)
    (account / "token").symlink_to(RUN / "token")
    (account / "ca.crt").symlink_to(RUN / "pki/apiserver.crt")
    subprocess.run(["mount", "--bind", str(RUN / "resolv.conf"), "/etc/resolv.conf"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def command(name: str) -> tuple[list[str], dict[str, str]]:
    """Return a server's command line and environment, with the flags and variables that a test has written for it."""
    flags = RUN / "flags" / name
    words = flags.read_text().split() if flags.exists() else []
    variables = dict(word.split("=", 1) for word in words if not word.startswith("-"))
    return [*COMMANDS[name], *(word for word in words if word.startswith("-"))], {**environment(name), **variables}


def start(name: str) -> subprocess.Popen[bytes]:
    """Start a server; its output is appended to run/log/NAME."""
    words, variables = command(name)
    with open(RUN / "log" / name, "ab") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=variables)
    (RUN / "pid" / name).write_text(str(process.pid))
    return process


def reap(running: dict[str, subprocess.Popen[bytes]], due: dict[str, float]) -> None:
    """Take note of servers that ended, and reap the orphans that process 1 inherits."""
    for name, process in list(running.items()):
        if process.poll() is not None:
            del running[name]
            due[name] = time.monotonic() + 1
    servers = {process.pid for process in running.values()}
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid in servers:
            return  # a server's end is for poll(), on the next turn
        os.waitpid(ended.si_pid, 0)


def turn(running: dict[str, subprocess.Popen[bytes]], due: dict[str, float]) -> None:
    """One look at what is wanted and what runs."""
    reap(running, due)
    for order in (RUN / "kill").iterdir():
        if order.name in running:
            running[order.name].send_signal(signal.SIGKILL)
        order.unlink()
    wanted = {path.name for path in (RUN / "wanted").iterdir()}
    for name in sorted(wanted - running.keys()):
        if time.monotonic() >= due.get(name, 0):
            running[name] = start(name)
    for name in running.keys() - wanted:
        running[name].kill()


def main() -> int:
    isolate()
    running: dict[str, subprocess.Popen[bytes]] = {}
    due: dict[str, float] = {}
    while True:
        turn(running, due)
        time.sleep(PAUSE)


if __name__ == "__main__":
    sys.exit(main())
