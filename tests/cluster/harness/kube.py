"""kubectl, what is read without it, and waiting."""

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.reader import Missing, Reader, Refused

CACHE = Path(os.environ.get("DAC_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dac")

REPORT_EVERY = 30.0  # seconds, while something is waited for
say = logging.getLogger("cluster").info


class Late(AssertionError):
    """Something did not come to be in time."""


def tool(name: str) -> str:
    """Return a command-line client: from PATH, or from what the local cluster was built of."""
    built = sorted((CACHE / "cluster").glob(f"*/{name}"))
    client = shutil.which(name) or (str(built[-1]) if built else None)
    if not client:
        raise RuntimeError(f"{name} is not on PATH; install it, or build the local cluster's: make cluster-up")
    return client


class Kube:
    """A cluster, as KUBECONFIG says."""

    def __init__(self, kubeconfig: str) -> None:
        self.kubeconfig = kubeconfig
        self.kubectl = tool("kubectl")
        self._reader = Reader(kubeconfig)

    @property
    def is_local(self) -> bool:
        """Whether it is the cluster of `make cluster-up`, whose network is a bridge that enforces no NetworkPolicy."""
        return Path(self.kubeconfig).is_relative_to(CACHE)

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        """Return what kubectl prints.

        Raises:
            Refused: it ended with an error.
        """
        command = [self.kubectl, f"--kubeconfig={self.kubeconfig}", *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True)
        if done.returncode:
            raise Refused(f"kubectl {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def argo(self, *arguments: str) -> str:
        """Return what the argo client prints; it speaks to the API server itself. Raises Refused."""
        environment = os.environ | {"KUBECONFIG": self.kubeconfig}
        done = subprocess.run([tool("argo"), *arguments], capture_output=True, text=True, env=environment)
        if done.returncode:
            raise Refused(done.stderr.strip() or done.stdout.strip())
        return done.stdout.strip()

    def get(self, *what: str) -> dict[str, Any]:
        """Return an object, or a list of them, as kubectl get gives it. Raises Refused."""
        return self._reader.get(*what)

    def apply(self, text: str) -> None:
        """Apply manifests. Raises Refused."""
        self("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text)

    def field(self, path: str, *what: str) -> Any:
        """Return a field of an object, such as .status.sync, that a controller writes some time after the object came.

        Raises:
            Refused: the object has no such field, or none yet.
        """
        value: Any = self.get(*what)
        for key in path.removeprefix(".").split("."):
            if key not in value:
                raise Refused(f"{' '.join(what)} has no {path} yet")
            value = value[key]
        return value

    def exists(self, *what: str) -> bool:
        """Whether an object is there. Raises Refused."""
        try:
            self._reader.get(*what)
        except Missing:
            return False
        return True

    def until(self, what: str, ready: Callable[[], Any], seconds: float = 120) -> Any:
        """Return the first truthy value of ready(); Refused counts as not ready.

        Raises:
            Late: it never was in the given time.
        """
        began, last = time.monotonic(), ""
        reported = began
        while (now := time.monotonic()) < began + seconds:
            try:
                if value := ready():
                    return value
            except Refused as fault:
                last = str(fault)
            if now > reported + REPORT_EVERY:
                reported = now
                say("still waiting for %s: %d s of %d%s", what, now - began, seconds, f"; {last}" if last else "")
            time.sleep(0.5)
        raise Late(f"gave up after {seconds:.0f} s: {what}; {last}")

    @contextmanager
    def forward(self, namespace: str, target: str, port: int) -> Iterator[int]:
        """Return a local port that leads to one of a Service or pod."""
        command = [self.kubectl, f"--kubeconfig={self.kubeconfig}", "-n", namespace, "port-forward", target, f":{port}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            try:
                line = process.stdout.readline() if process.stdout else ""
                if "Forwarding from" not in line:
                    raise Refused(f"port-forward {target}: {line}")
                yield int(line.split(":")[1].split()[0])
            finally:
                process.terminate()
