"""Paths and names that would lead out of a pod's own folder.

What a workflow writes becomes folders of this machine: the names of volumes and containers, the keys of ConfigMaps, the
paths of mounts, artifacts and parameters. Each must stay below the pod's folder, however it is spelled. Text is taken
as it stands: nothing here or later decodes `%2e` or takes a backslash for a slash. A value that holds a tag is judged
as far as it is written, and again, filled in, when its pod is built.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from dac.model import Document, Finding, Pointer
from dac.model.words import quoted
from dac.run.argo.fields import FIELDS, KINDS

Problem = tuple[Pointer, str, str]  # where, the code, what is wrong
# How a value is judged: as written, with tags; as a patch, which need not be whole; or with every tag filled in.
_WRITTEN, _PATCH, _FILLED_IN = "written", "patch", "filled in"
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_OBJECT = re.compile(r"(?!.{254})[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_KEY = re.compile(r"(?!\.\.)(?!\.$)[-._a-zA-Z0-9]{1,253}")
_ARTIFACT = re.compile(r"[-_a-zA-Z0-9]{1,128}")
_TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_LONGEST, _LONGEST_NAME = 4095, 255  # bytes of a path and of a name in it, as Linux has them
# What a patch of a pod can hold that becomes a folder.
_POD = {"containers": "[UserContainer]", "initContainers": "[UserContainer]", "volumes": "[Volume]"}


def absolute(path: str) -> str:
    """Say why a path cannot be a container's own; empty if it can."""
    if not path.startswith("/"):
        return "is not absolute"
    return _segments(path) or ("" if _names(path) else "names no file")


def below(path: str) -> str:
    """Say why a path does not lie below a folder; empty if it does."""
    return "is absolute" if path.startswith("/") else _segments(path)


def file_below(path: str) -> str:
    """Say why a path names no file below a folder; empty if it does."""
    return below(path) or ("" if _names(path) else "names no file")


def working_folder(path: str) -> str:
    """Say why a path cannot be a working directory; empty if it can."""
    return "is not absolute" if not path.startswith("/") else _segments(path)


def _segments(path: str) -> str:
    if "\0" in path:
        return "has a NUL character"
    parts = path.split("/")
    if ".." in parts:
        return 'has a ".." in it'
    # A lone surrogate, which YAML can write, cannot be in the name of a file.
    sizes = [len(part.encode("utf-8", "surrogatepass")) for part in parts]
    if max(sizes) > _LONGEST_NAME or sum(sizes) + len(parts) - 1 > _LONGEST:
        return "is too long"
    return "" if path.isascii() or path.encode("utf-8", "ignore").decode() == path else "is not text"


def _names(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _matches(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    return lambda name: "" if pattern.fullmatch(name) else f"cannot be the name of {what}"


_volume, _container = _matches(_LABEL, "a volume"), _matches(_LABEL, "a container")
_object, _key = _matches(_OBJECT, "an object"), _matches(_KEY, "a key")


def _prefix(name: str) -> str:
    """Say why a name cannot be generated of a prefix: a letter follows it, for an API server (maskTrailingDash)."""
    return _object(f"{name}a") and _object(name)


_PATH, _NAME = "run.path", "run.name"
_RULES: dict[str, dict[str, tuple[str, Callable[[str], str]]]] = {
    "ObjectMeta": {"name": (_NAME, _object), "generateName": (_NAME, _prefix)},
    "Volume": {"name": (_NAME, _volume)},
    "VolumeMount": {"name": (_NAME, _volume), "mountPath": (_PATH, absolute), "subPath": (_PATH, below)},
    "VolumeOfHost": {"path": (_PATH, absolute)},
    "VolumeOfClaim": {"claimName": (_NAME, _object)},
    "KeyToPath": {"key": (_NAME, _key), "path": (_PATH, file_below)},
    "DownwardItem": {"path": (_PATH, file_below)},
    "ValueFrom": {"path": (_PATH, absolute)},
    "Artifact": {"path": (_PATH, absolute), "subPath": (_PATH, below)},
    "ObjectKey": {"bucket": (_PATH, below), "key": (_PATH, _segments)},
    "CacheMap": {"name": (_NAME, _object)},
    "Blob": {"container": (_PATH, below), "blob": (_PATH, _segments)},
    "UserContainer": {"name": (_NAME, _container), "workingDir": (_PATH, working_folder)},
    "Container": {"workingDir": (_PATH, working_folder)},
    "ContainerNode": {"name": (_NAME, _container), "workingDir": (_PATH, working_folder)},
    "Script": {"workingDir": (_PATH, working_folder)},
}
_NEEDED = {"Volume": ("name",), "VolumeMount": ("name", "mountPath"), "UserContainer": ("name",)}
_NEEDED["KeyToPath"] = ("key", "path")
_NEEDED["DownwardItem"] = ("path",)
_NEEDED["VolumeOfHost"] = ("path",)
_NEEDED["VolumeOfClaim"] = ("claimName",)
_NEEDED["ContainerNode"] = ("name",)
_output = _matches(_ARTIFACT, "an artifact")


def findings(document: Document) -> Iterator[Finding]:
    """Find everything in a document that would lead out of a pod's folder, with its place."""
    data = document.data
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind in ("ConfigMap", "Secret"):
        problems = _keys(data)
    else:
        problems = _struct(data, str(kind), (), _WRITTEN) if kind in KINDS else iter(())
    for pointer, code, message in problems:
        remedy = "give a path inside the pod" if code == _PATH else "give a name that Kubernetes takes"
        yield Finding(document.at(pointer), code, message, remedy)


def template_problems(template: Any) -> list[str]:
    """Return what leads out of the pod's folder in a template whose tags are filled in."""
    return [message for _, _, message in _struct(template, "Template", (), _FILLED_IN)]


def pod_problems(pod: Any) -> list[str]:
    """Return what leads out of the pod's folder in a pod whose patches are applied."""
    return [message for _, _, message in _fields(pod, _POD, (), _FILLED_IN)]


def _keys(data: dict[str, Any]) -> Iterator[Problem]:
    for field in ("data", "stringData", "binaryData"):
        for key in data[field] if isinstance(data.get(field), dict) else ():
            if problem := _key(str(key)):
                yield (field, key), _NAME, f"{quoted(key)} {problem}"


def _struct(data: Any, name: str, at: Pointer, form: str) -> Iterator[Problem]:
    """Walk a value by what the table of fields says of its type, which stands at `at`."""
    if not isinstance(data, dict):
        return
    rules = _RULES.get(name, {})
    if name == "Artifact" and "outputs" in at:  # each is a folder of the run's artifacts
        rules = {**rules, "name": (_NAME, _output)}
    for key, (code, rule) in rules.items():
        if data.get(key) not in (None, ""):
            yield from _judged(data[key], code, rule, (*at, key), form)
        elif form != _PATCH and key in _NEEDED.get(name, ()):
            yield at, code, f"{key} is missing"
    if form == _WRITTEN and "podSpecPatch" in data:
        yield from _patch(data["podSpecPatch"], (*at, "podSpecPatch"))
    yield from _fields(data, FIELDS[name], at, form)


def _fields(data: Any, kinds: dict[str, str], at: Pointer, form: str) -> Iterator[Problem]:
    for key, value in data.items() if isinstance(data, dict) else ():
        yield from _value(value, kinds.get(key, "~"), (*at, key), form)


def _value(value: Any, kind: str, at: Pointer, form: str) -> Iterator[Problem]:
    if kind.startswith("[") and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _value(item, kind[1:-1], (*at, index), form)
    elif kind.startswith("{") and isinstance(value, dict):
        for key, item in value.items():
            yield from _value(item, kind[1:-1], (*at, key), form)
    elif kind in FIELDS:
        yield from _struct(value, kind, at, form)


def _judged(value: Any, code: str, rule: Callable[[str], str], at: Pointer, form: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield at, code, f"{at[-1]} is not text"
        return
    if form == _WRITTEN and "{{" in value:
        untagged = _TAG.sub("x", value)
        problem = _segments(untagged) if code == _PATH else _output(untagged) if rule is _output else ""
    else:
        problem = rule(value)
    if problem:
        yield at, code, f"{at[-1]} {quoted(value)} {problem}"


def _patch(text: Any, at: Pointer) -> Iterator[Problem]:
    """Judge a patch that holds no tag; another one is judged when it is applied."""
    if not isinstance(text, str) or "{{" in text:
        return
    try:
        patch = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return  # the pod that it is applied to says so
    for _, code, message in _fields(patch, _POD, (), _PATCH):
        yield at, code, message
