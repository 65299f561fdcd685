"""The API server of a cluster, asked for Argo's objects of one namespace."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

GROUP, VERSION = "argoproj.io", "v1alpha1"


class ClusterError(Exception):
    """The cluster cannot be reached or refuses; the message says what and what to do."""


class Unanswered(ClusterError):
    """The cluster does not answer now; it may in a moment."""


class Objects(Protocol):
    """Argo's objects of a namespace. Both raise ClusterError, in the API server's own words where it has some."""

    def get(self, plural: str, name: str) -> dict[str, Any]:
        """Return an object."""

    def create(self, plural: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create an object and return it as the cluster stored it."""


def workflows_api(namespace: str, kubeconfig: Path | None = None) -> Objects:
    """Argo's objects of a namespace, in the cluster of a kubeconfig: KUBECONFIG's or the default place's when left out.

    Raises:
        ClusterError: there is no kubeconfig, or none that can be read.
    """
    from kubernetes import client, config

    try:
        config.load_kube_config(str(kubeconfig) if kubeconfig else None)  # type: ignore[no-untyped-call] # untyped there
    except config.ConfigException as error:
        raise ClusterError(f"no cluster to submit to: {error}; set KUBECONFIG to one's kubeconfig") from error
    return _Api(client.CustomObjectsApi(), namespace)


class _Api:
    def __init__(self, objects: Any, namespace: str) -> None:
        self.objects = objects
        self.where = {"group": GROUP, "version": VERSION, "namespace": namespace}

    def get(self, plural: str, name: str) -> dict[str, Any]:
        return self._call("get_namespaced_custom_object", plural=plural, name=name)

    def create(self, plural: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("create_namespaced_custom_object", plural=plural, body=body)

    def _call(self, call: str, **what: Any) -> dict[str, Any]:
        import json

        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            answer: dict[str, Any] = getattr(self.objects, call)(**self.where, **what, _request_timeout=30)
        except ApiException as error:
            try:
                message = json.loads(error.body or "")["message"]
            except (TypeError, ValueError, KeyError):
                message = str(error.reason)
            later = error.status == 429 or (error.status or 0) >= 500
            raise (Unanswered if later else ClusterError)(f"the cluster refuses: {message}") from error
        except HTTPError as error:
            raise Unanswered(f"the cluster does not answer: {error}") from error
        return answer
