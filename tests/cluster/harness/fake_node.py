"""A node that runs nothing: its pods are said to run, and then to have succeeded, as kwok says of its own.

It is for what a controller takes with many pods at once, on a machine that could not hold them.
"""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

NAME = "fake-1"
TAINT = {"key": "dac.dev/fake", "value": "true", "effect": "NoSchedule"}  # only pods that mean it come here
TOLERATION = {"key": TAINT["key"], "operator": "Exists"}
SELECTOR = {"dac.dev/fake": "true"}
_HEARTBEAT = 10.0  # seconds; a node is given up after forty
_THREADS = 8
_ROOM = {"cpu": "10000", "memory": "10000Gi", "ephemeral-storage": "10000Gi", "pods": "20000"}


class FakeNode:
    """The node.

    Args:
        kubeconfig: of an administrator.
        seconds: how long each of its pods is said to run.
    """

    def __init__(self, kubeconfig: str, seconds: float) -> None:
        configuration = client.Configuration()
        config.load_kube_config(kubeconfig, client_configuration=configuration)
        configuration.connection_pool_maxsize = 256  # each end of a pod is asked for by a thread of its own
        self._core = client.CoreV1Api(client.ApiClient(configuration))
        self._leases = client.CoordinationV1Api(client.ApiClient(configuration))
        self._seconds = seconds
        self._ended = threading.Event()
        self._seen: set[str] = set()
        self._workers = ThreadPoolExecutor(_THREADS)
        self.succeeded = 0

    @contextmanager
    def running(self) -> Iterator["FakeNode"]:
        """Keep the node ready, and its pods going, for as long as the block lasts."""
        about = {"name": NAME, "labels": SELECTOR}
        self._core.create_node({"metadata": about, "spec": {"taints": [TAINT]}})
        threads = [threading.Thread(target=each, daemon=True) for each in (self._beat, self._follow)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            self._workers.shutdown(cancel_futures=True)
            self._core.delete_node(NAME)

    def _beat(self) -> None:
        """Say time and again that the node is ready."""
        now = datetime.now(UTC).isoformat()
        ready = {"type": "Ready", "status": "True", "reason": "Fake", "message": "it runs nothing",
                 "lastHeartbeatTime": now, "lastTransitionTime": now}  # fmt: skip
        status = {"capacity": _ROOM, "allocatable": _ROOM, "conditions": [ready],
                  "nodeInfo": dict.fromkeys(("machineID", "systemUUID", "bootID", "kernelVersion", "osImage",
                  "containerRuntimeVersion", "kubeletVersion", "kubeProxyVersion", "operatingSystem", "architecture"),
                  "")}  # fmt: skip
        self._core.patch_node_status(NAME, {"status": status})
        # With its time from the beginning: the node controller takes up no later one of a lease that it saw without.
        spec = {"holderIdentity": NAME, "leaseDurationSeconds": 40, "renewTime": now}
        lease = {"metadata": {"name": NAME}, "spec": spec}
        with suppress(ApiException):
            self._leases.create_namespaced_lease("kube-node-lease", lease)
        while not self._ended.wait(_HEARTBEAT):
            renewed = {"spec": {"renewTime": datetime.now(UTC).isoformat()}}
            with suppress(ApiException, HTTPError, OSError):
                self._leases.patch_namespaced_lease(NAME, "kube-node-lease", renewed)

    def _follow(self) -> None:
        """Take up each pod that is bound to the node, and let go of each that is deleted."""
        while not self._ended.is_set():
            with suppress(ApiException, HTTPError, OSError):
                # Lines as they come: the client's own objects take twenty times as long, more than all servers do.
                chosen = {"field_selector": f"spec.nodeName={NAME}", "timeout_seconds": 300}
                for line in self._core.list_pod_for_all_namespaces(watch=True, _preload_content=False, **chosen):
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        break  # it begins anew
                    self._take(event["object"])
                    if self._ended.is_set():
                        return

    def _take(self, pod: dict[str, Any]) -> None:
        about = pod["metadata"]
        key = f"{about['uid']}{'-' if 'deletionTimestamp' in about else ''}"
        if key in self._seen:
            return
        self._seen.add(key)
        if "deletionTimestamp" in about:
            self._workers.submit(self._delete, about["namespace"], about["name"])
        elif pod["status"]["phase"] == "Pending":
            names = [each["name"] for each in pod["spec"]["containers"]]
            self._workers.submit(self._run, about["namespace"], about["name"], names)

    def _run(self, namespace: str, name: str, containers: list[str]) -> None:
        began = datetime.now(UTC).isoformat()
        self._say(namespace, name, "Running", {each: {"running": {"startedAt": began}} for each in containers})
        threading.Timer(self._seconds, self._end, (namespace, name, containers, began)).start()

    def _end(self, namespace: str, name: str, containers: list[str], began: str) -> None:
        over = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": began,
                               "finishedAt": datetime.now(UTC).isoformat()}}  # fmt: skip
        self._say(namespace, name, "Succeeded", dict.fromkeys(containers, over))
        self.succeeded += 1

    def _say(self, namespace: str, name: str, phase: str, states: dict[str, Any]) -> None:
        statuses = [{"name": each, "state": state, "ready": phase == "Running", "restartCount": 0, "image": "",
                     "imageID": ""} for each, state in states.items()]  # fmt: skip
        status = {"phase": phase, "startTime": datetime.now(UTC).isoformat(), "containerStatuses": statuses}
        change = self._core.patch_namespaced_pod_status
        self._again(lambda: change(name, namespace, {"status": status}, _preload_content=False))

    def _delete(self, namespace: str, name: str) -> None:
        delete = self._core.delete_namespaced_pod
        self._again(lambda: delete(name, namespace, grace_period_seconds=0, _preload_content=False))

    def _again(self, ask: Any) -> None:
        """Ask until it is done, or the pod is gone, or the node."""
        while not self._ended.is_set():
            try:
                ask().drain_conn()
                return
            except ApiException as error:
                if error.status == 404:
                    return
            except (HTTPError, OSError):
                pass
            time.sleep(0.5)
