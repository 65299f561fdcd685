"""Artifacts and parameters in and out of a pod's folder (workflow/executor/executor.go).

An artifact is kept as the file or folder that it was, under the run's artifacts/: what Argo packs on the way out and
unpacks on the way in comes out the same. A link that leads out of the pod's folder is never followed, in or out: an
earlier step, or this one, may have left it. A named pipe, a socket or a device, which either may have left too, is
refused: what reads or writes one can wait forever.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from dac.run.argo.location import address, has_location
from dac.run.argo.node import JSON
from dac.run.local import archive, contents, git_clone, remote
from dac.run.local.pod import Pod
from dac.run.local.sandbox import PathMap, contained
from dac.run.local.store import Store

_ENDINGS = {"none": "", "tar": ".tgz", "zip": ".zip"}
MAX_RESULT = 256 * 1024  # bytes of standard output that Argo keeps: the last ones, less the last line break


class ArtifactError(Exception):
    """What the executor says where an input or an output is missing."""


def load(pod: Pod, store: Store) -> None:
    """Put the input artifacts into the pod's folder; may take as long as what they come from does.

    Raises:
        ArtifactError: One is missing and not optional.
        PermissionError: One leads out of the pod's folder.
    """
    for artifact in pod.template.get("inputs", {}).get("artifacts", []):
        target = pod.main.paths.inside(artifact["path"])
        target.parent.mkdir(parents=True, exist_ok=True)
        if "raw" in artifact:
            contents.write(target, artifact["raw"].get("data", ""))
        elif has_location(artifact) and "key" not in artifact:
            try:
                _load_external(artifact, target, store, pod.folder / "loading")
            except FileNotFoundError as error:
                if artifact.get("optional"):
                    target.mkdir(exist_ok=True)  # what the kubelet makes of a mount without a source
                    continue
                raise ArtifactError(f"artifact {artifact['name']} failed to load: {error}") from error
            except OSError as error:
                raise ArtifactError(f"artifact {artifact['name']} failed to load: {error}") from error
        elif "key" in artifact:
            source = store.run / str(artifact["key"])
            if not contained(source, store.run):
                raise ArtifactError(
                    f"artifact {artifact['name']} failed to load: its key leads out of the run's artifacts"
                )
            if not source.exists():
                if artifact.get("optional"):
                    continue
                raise ArtifactError(f"artifact {artifact['name']} failed to load: {artifact['key']} does not exist")
            _place(artifact, source, target)
        elif artifact.get("optional"):
            continue
        else:
            raise ArtifactError(f"required artifact '{artifact['name']}' not supplied")
        if "mode" in artifact:
            _chmod(target, artifact["mode"], artifact.get("recurseMode", False))


def _place(artifact: JSON, source: Path, target: Path) -> None:
    for path in target.rglob("*") if target.is_dir() else ():
        if path.is_symlink():  # it would be written through
            raise ArtifactError(f"artifact {artifact['name']} failed to load: a link lies where it is unpacked")
    _copy(source, target)


def _load_external(artifact: JSON, target: Path, store: Store, folder: Path) -> None:
    """Fetch what a key or an address gives, and unpack it where it is, or is stated to be, an archive.

    Raises:
        FileNotFoundError: There is nothing at it.
        OSError: It cannot be read or unpacked.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    fetched = folder / "fetched"
    if kind := address(artifact):
        fetch = git_clone.clone if kind == "git" else remote.download
        fetch(_opened(artifact[kind], store), fetched)
    else:
        source = store.object(artifact)
        if source is None or not source.exists():
            raise FileNotFoundError(f"there is no {source}; a run that saves it, or you, can put it there")
        contents.copy(source, fetched)
    form = archive.form_of(artifact) or ("tar" if archive.is_tar(fetched) else "none")
    if form != "none":
        archive.unpack(fetched, folder / target.name, form)
        fetched = folder / target.name
    _place(artifact, fetched, target)
    shutil.rmtree(folder)


def _opened(place: JSON, store: Store) -> JSON:
    """Return an address with the Secrets that open it.

    Raises:
        OSError: One is missing.
    """
    try:
        return store.bindings.with_secrets(place)
    except LookupError as error:
        raise OSError(str(error.args[0])) from error


def _copy(source: Path, target: Path) -> None:
    if target.is_dir() and not source.is_dir():
        shutil.rmtree(target)
    contents.copy(source, target)


def _chmod(target: Path, mode: int, recurse: bool) -> None:
    os.chmod(target, mode)
    if recurse and target.is_dir():
        for path in target.rglob("*"):
            if not path.is_symlink():  # what a link leads to is not the artifact's
                os.chmod(path, mode)


def save(pod: Pod, store: Store, key: str, printed: bytes) -> tuple[JSON, list[str]]:
    """Take the outputs out of the pod's folder.

    Args:
        pod: the pod.
        store: what artifacts are kept in.
        key: the folder in the store for this pod's artifacts.
        printed: the end of its standard output, where that is an output.

    Returns:
        The outputs, and the executor's messages about those that are missing.
    """
    problems: list[str] = []
    outputs: JSON = {}
    declared = pod.template.get("outputs", {})
    if pod.include_output:
        outputs["result"] = _result(pod, printed)
    parameters = []
    failed = False
    for parameter in declared.get("parameters", []):
        kept = dict(parameter)
        if not failed and (path := parameter.get("valueFrom", {}).get("path")):
            try:
                kept["value"] = _read(pod.main.paths, path, parameter["valueFrom"].get("default"))
            except FileNotFoundError:
                failed = True
                place = "/mainctrfs" if _is_mounted(pod.template, path) else "/var/run/argo/outputs/parameters"
                problems.append(f"open {place}{path}: no such file or directory")
            except PermissionError as error:
                failed = True
                problems.append(f"open {path}: {error.strerror}")
        parameters.append(kept)
    if parameters:
        outputs["parameters"] = parameters
    artifacts, missing = _save_artifacts(pod, store, key)
    if artifacts:
        outputs["artifacts"] = artifacts
    return outputs, problems + missing


def _send(artifact: JSON, source: Path, form: str, store: Store, folder: Path) -> None:
    """Send an output that has an address to it.

    Raises:
        OSError: It cannot be sent.
    """
    if not (kind := address(artifact)):
        return
    if kind == "git":
        raise OSError("git output artifacts unsupported")
    sent = folder / f"{artifact['name']}{_ENDINGS[form]}"
    try:
        store.put(source, sent, form)
        remote.upload(_opened(artifact[kind], store), sent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_mounted(template: JSON, path: str) -> bool:
    """Whether a path lies on a volume or in an input artifact, which the executor reads by itself (isBaseImagePath)."""
    container = template.get("container") or template.get("script") or {}
    folders = [mount["mountPath"].rstrip("/") for mount in container.get("volumeMounts", [])]
    if any(path == folder or path.startswith(f"{folder}/") for folder in folders):
        return True
    inputs = template.get("inputs", {}).get("artifacts", [])
    return any(path == given["path"] or path.startswith(f"{given['path']}/") for given in inputs)


def _read(paths: PathMap, path: str, default: str | None) -> str:
    """Return an output parameter's text.

    Raises:
        FileNotFoundError: there is no such file, and no default.
        PermissionError: it lies outside of the pod's folder, or is not a regular file of a parameter's size.
    """
    file = paths.inside(path)
    try:
        text = contents.read(file).decode("utf-8", "replace")
    except contents.SpecialFile:
        raise
    except OSError as error:
        if default is None:
            raise FileNotFoundError(path) from error
        text = default
    return paths.back(text).removesuffix("\n")


def _result(pod: Pod, printed: bytes) -> str:
    output = printed.removesuffix(b"\n")
    return pod.main.paths.back(output[-MAX_RESULT:].decode("utf-8", "replace"))


def _save_artifacts(pod: Pod, store: Store, key: str) -> tuple[list[JSON], list[str]]:
    saved: list[JSON] = []
    missing = ""
    for artifact in pod.template.get("outputs", {}).get("artifacts", []):
        try:
            source = pod.main.paths.inside(artifact["path"])
        except PermissionError as error:
            missing += f"open {artifact['path']}: {error.strerror}; "
            continue
        form = archive.form_of(artifact) or "tar"
        packed = form != "none"
        name = f"{key}/{artifact['name']}" if packed else f"{key}/{artifact['name']}/{Path(artifact['path']).name}"
        if not source.exists():
            if not artifact.get("optional"):
                if packed and _is_mounted(pod.template, artifact["path"]):
                    sought = f"stat /mainctrfs{artifact['path'].rstrip('/')}"
                else:
                    sought = f"open /var/run/argo/outputs/artifacts{artifact['path'].rstrip('/')}.tgz"
                missing += f"{sought}: no such file or directory; "
            continue
        try:
            if (target := store.object(artifact)) is not None:
                store.put(source, target, form)
                saved.append({**artifact, **({} if packed else {"packed": False})})
                continue
            _send(artifact, source, form, store, pod.folder / "sending")
            store.put(source, store.run / name)
        except OSError as error:
            message = f"{error.strerror}: {error.filename}" if error.strerror else str(error)
            missing += f"open {artifact['path']}: {pod.main.paths.back(message)}; "
            continue
        saved.append({**artifact, "key": name, **({} if packed else {"packed": False})})
    return saved, [missing] if missing else []
