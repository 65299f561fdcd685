"""The files of a volume that is made of a ConfigMap, of a Secret or of the pod's own fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from dac.run.argo import boundary
from dac.run.argo.node import JSON
from dac.run.local.bindings import Bindings
from dac.run.local.pod_fields import PodError, PodFields

_MODE = 0o644  # of a file whose volume states none
_File = tuple[str, str, int | None]  # its path in the volume, its text, its own mode


def fill(folder: Path, volume: JSON, bindings: Bindings, fields: PodFields) -> None:
    """Write the files of a volume; of any other kind of volume, none.

    Raises:
        PodError: What it is made of is missing, or a file's path would lead out of it.
    """
    name = volume["name"]
    whole = volume.get("projected") or volume.get("configMap") or volume.get("secret") or volume.get("downwardAPI")
    sources = volume["projected"].get("sources", []) if "projected" in volume else [volume]
    for source in sources:
        try:
            for path, text, mode in _files(source, bindings, fields):
                if problem := boundary.file_below(path):
                    raise PodError(f"path {path!r} {problem}")
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
                file.chmod(mode if mode is not None else (whole or {}).get("defaultMode", _MODE))
        except PodError as error:
            raise PodError(f'MountVolume.SetUp failed for volume "{name}" : {error}') from error


def _files(source: JSON, bindings: Bindings, fields: PodFields) -> Iterator[_File]:
    if given := source.get("configMap"):
        yield from _keys(given, bindings.configmaps, given.get("name", ""), "configmap", "config")
    if given := source.get("secret"):
        yield from _keys(given, bindings.secrets, given.get("secretName") or given.get("name", ""), "secret", "secret")
    for item in (source.get("downwardAPI") or {}).get("items", []):
        reference = item.get("resourceFieldRef")
        text = fields.resource(reference) if reference else fields.field(item.get("fieldRef", {}).get("fieldPath", ""))
        yield item["path"], text, item.get("mode")


def _keys(given: JSON, objects: Mapping[str, Mapping[str, str]], name: str, kind: str, short: str) -> Iterator[_File]:
    """Yield each key of an object that the volume takes, all where it names none."""
    data = objects.get(name)
    if data is None and not given.get("optional"):
        raise PodError(f'{kind} "{name}" not found')
    for item in given.get("items") or [{"key": key, "path": key} for key in data or {}]:
        if item["key"] in (data or {}):
            yield item["path"], (data or {})[item["key"]], item.get("mode")
        elif not given.get("optional"):
            raise PodError(f"references non-existent {short} key: {item['key']}")
