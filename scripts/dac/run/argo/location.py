"""Where an artifact's content is: in the run's own store, in place, at an object's key, at an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEYS = {"s3": ("bucket", "key"), "gcs": ("bucket", "key"), "oss": ("bucket", "key"), "azure": ("container", "blob")}
_OF_SYSTEM = ("/dev/", "/proc/", "/sys/", "/run/", "/var/run/")  # devices, sockets and the kernel's own files
ADDRESSES = ("git", "http", "artifactory")
# The fields of an artifact of which the CRDs allow one.
LOCATIONS = ("s3", "git", "http", "artifactory", "hdfs", "raw", "oss", "gcs", "azure", "plugin")


def has_location(artifact: Mapping[str, Any]) -> bool:
    """Whether an artifact says where its content is (HasLocationOrKey)."""
    return any(key in artifact for key in ("key", "raw", *ADDRESSES)) or object_key(artifact) is not None


def address(artifact: Mapping[str, Any]) -> str:
    """Return the field that gives an artifact's address; empty where it has none."""
    return next((kind for kind in ADDRESSES if kind in artifact), "")


def object_key(artifact: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the bucket, empty for the default one, and the key of an artifact that is an object; else None."""
    for kind, (bucket, key) in _KEYS.items():
        place = artifact.get(kind, {})
        if place.get(key):
            return str(place.get(bucket, "")), str(place[key]).strip("/")
    return None


def listed_place(artifact: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the bucket and the key that a `data` template lists below: either may be empty; None without both."""
    for kind, (bucket, key) in _KEYS.items():
        place = artifact.get(kind) or {}
        if place.get(bucket) or place.get(key):
            return str(place.get(bucket, "")), str(place.get(key, "")).strip("/")
    return None


def host_folder(volume: Mapping[str, Any]) -> str:
    """Return the path of a hostPath volume that is a folder, such as another machine can have; empty for any other."""
    host = volume.get("hostPath") or {}
    path = str(host.get("path") or "")
    is_folder = host.get("type") in (None, "", "Directory", "DirectoryOrCreate") and not path.endswith(".sock")
    return path if is_folder and not path.startswith(_OF_SYSTEM) else ""


def with_sub_path(artifact: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return an artifact with a path added to its key (AppendToKey)."""
    # Nothing lies under the key of what was packed.
    tail = f"{'' if artifact.get('packed') is False else '.tgz'}/{path}"
    for kind, (_, key) in _KEYS.items():
        if kind in artifact and key in artifact[kind]:
            return {**artifact, kind: {**artifact[kind], key: str(artifact[kind][key]).rstrip("/") + tail}}
    return {**artifact, "key": str(artifact.get("key", "")).rstrip("/") + tail}
