"""The API server of a cluster, asked for Argo's objects of one namespace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

GROUP, VERSION = "argoproj.io", "v1alpha1"
_NAMES_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_PAGE = 500  # objects of an answer


class ClusterError(Exception):
    """The cluster cannot be reached or refuses; the message says what and what to do."""


class Unanswered(ClusterError):
    """The cluster does not answer now; it may in a moment."""


class Objects(Protocol):
    """Objects of a namespace; lists of one without a name are of all namespaces.

    All raise ClusterError, in the API server's own words where it has some.
    """

    def get(self, plural: str, name: str) -> dict[str, Any]:
        """Return an object of Argo's."""

    def create(self, plural: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create an object of Argo's and return it as the cluster stored it."""

    def patch(self, plural: str, name: str, change: Mapping[str, Any]) -> None:
        """Change an object of Argo's (a merge patch)."""

    def listed(self, plural: str) -> list[dict[str, Any]]:
        """Return the metadata of Argo's objects, and nothing else of them: a run's status may be a megabyte."""

    def whole(self, plural: str) -> list[dict[str, Any]]:
        """Return Argo's objects as they are."""

    def secrets(self) -> set[tuple[str, str]]:
        """Return namespace and name of each Secret, and nothing of what they hold."""

    def log(self, pod: str, lines: int | None) -> str:
        """Return what the main container of a pod printed: the last `lines`, or all."""


def workflows_api(namespace: str, kubeconfig: Path | None = None) -> Objects:
    """Objects of a namespace, in the cluster of a kubeconfig. Raises as `connected` does."""
    return connected(kubeconfig)(namespace)


def connected(kubeconfig: Path | None = None, at_once: int = 4) -> Callable[[str], Objects]:
    """Return what gives the objects of a namespace; all of them share connections, and threads may ask at once.

    Args:
        kubeconfig: the cluster's; KUBECONFIG's or the default place's when left out.
        at_once: how many connections stay open.

    Raises:
        ClusterError: there is no kubeconfig, or none that can be read.
    """
    from kubernetes import client, config

    try:
        config.load_kube_config(str(kubeconfig) if kubeconfig else None)  # type: ignore[no-untyped-call] # untyped there
    except config.ConfigException as error:
        raise ClusterError(f"no cluster to ask: {error}; set KUBECONFIG to one's kubeconfig") from error
    configuration = client.Configuration.get_default_copy()
    configuration.connection_pool_maxsize = at_once
    objects = client.CustomObjectsApi(client.ApiClient(configuration))
    return lambda namespace: _Api(objects, namespace)


class _Api:
    def __init__(self, objects: Any, namespace: str) -> None:
        self.objects, self.namespace = objects, namespace
        self._within = f"/namespaces/{namespace}" if namespace else ""
        self.where = {"group": GROUP, "version": VERSION, "namespace": namespace}

    def get(self, plural: str, name: str) -> dict[str, Any]:
        return self._call("get_namespaced_custom_object", plural=plural, name=name)

    def create(self, plural: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("create_namespaced_custom_object", plural=plural, body=body)

    def patch(self, plural: str, name: str, change: Mapping[str, Any]) -> None:
        self._call("patch_namespaced_custom_object", plural=plural, name=name, body=dict(change))

    def listed(self, plural: str) -> list[dict[str, Any]]:
        return self._pages(f"/apis/{GROUP}/{VERSION}{self._within}/{plural}", _NAMES_ONLY)

    def whole(self, plural: str) -> list[dict[str, Any]]:
        return self._pages(f"/apis/{GROUP}/{VERSION}{self._within}/{plural}", "application/json")

    def secrets(self) -> set[tuple[str, str]]:
        listed = self._pages(f"/api/v1{self._within}/secrets", _NAMES_ONLY)
        return {(item["metadata"].get("namespace", self.namespace), item["metadata"]["name"]) for item in listed}

    def log(self, pod: str, lines: int | None) -> str:
        query: list[tuple[str, Any]] = [("container", "main"), *([("tailLines", lines)] if lines else [])]
        path = f"/api/v1/namespaces/{self.namespace}/pods/{pod}/log"
        return self._asked(path, "text/plain, */*", query).decode("utf-8", "replace")

    def _pages(self, path: str, accept: str) -> list[dict[str, Any]]:
        import json

        items: list[dict[str, Any]] = []
        further = ""
        while True:
            query: list[tuple[str, Any]] = [("limit", _PAGE), *([("continue", further)] if further else [])]
            page = json.loads(self._asked(path, accept, query))
            items += page["items"] or []  # null where there is none: Go writes an empty list so
            further = page["metadata"].get("continue") or ""
            if not further:
                return items

    def _asked(self, path: str, accept: str, query: list[tuple[str, Any]]) -> bytes:
        """Return the bytes of an answer, whose form the typed clients do not know."""
        from kubernetes.client.exceptions import ApiException

        client = self.objects.api_client

        def ask() -> bytes:
            request = client.param_serialize(
                "GET", path, query_params=query, header_params={"Accept": accept}, auth_settings=["BearerToken"]
            )
            answer = client.call_api(*request, _request_timeout=30)
            data: bytes = answer.read()
            if not 200 <= answer.status < 300:
                raise ApiException(status=answer.status, reason=answer.reason, body=data.decode("utf-8", "replace"))
            return data

        data: bytes = _answered(ask)
        return data

    def _call(self, call: str, **what: Any) -> dict[str, Any]:
        answer: dict[str, Any] = _answered(
            lambda: getattr(self.objects, call)(**self.where, **what, _request_timeout=30)
        )
        return answer


def _answered(ask: Any) -> Any:
    """Return what the API server answers.

    Raises:
        ClusterError: It refuses, or does not answer.
    """
    import json

    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    try:
        return ask()
    except ApiException as error:
        try:
            message = json.loads(error.body or "")["message"]
        except (TypeError, ValueError, KeyError):
            message = str(error.reason)
        later = error.status == 429 or (error.status or 0) >= 500
        raise (Unanswered if later else ClusterError)(f"the cluster refuses: {message}") from error
    except HTTPError as error:
        raise Unanswered(f"the cluster does not answer: {error}") from error
