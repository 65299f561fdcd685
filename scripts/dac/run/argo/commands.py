"""Which containers run here without `--host-commands`: those whose command is a program of a catalog image."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from dac.model import Pointer
from dac.model.words import quoted
from dac.run.argo.node import JSON

# Variables that make an interpreter, the loader or a shell run something else than the program that is named.
_STEERING = ("PYTHON", "LD_", "GIT_", "BASH_", "DYLD_")
_STEERING_NAMES = ("PATH", "HOME", "ENV", "VIRTUAL_ENV", "GCONV_PATH", "OPENSSL_CONF", "RAY_RUNTIME_ENV_HOOK")
_BESIDE = "run commands of your own on this machine itself with --host-commands"


class Images(Protocol):
    """The images that can be run here."""

    @property
    def host_commands(self) -> bool:
        """Whether commands of one's own run on this machine itself."""
        ...

    def name(self, image: str) -> str | None:
        """Return the catalog's name of an image reference, or None for one outside the catalog."""
        ...

    def entrypoint(self, image: str) -> list[str]:
        """Return the command of an image's containers that state none; empty if it is not known."""
        ...

    def has_program(self, name: str, program: str) -> bool:
        """Return whether a catalog image has this program."""
        ...


def with_command(container: JSON, images: Images) -> JSON:
    """Return a container with its image's command where it states none, and that is known."""
    command = [] if container.get("command") else images.entrypoint(str(container.get("image") or ""))
    return {**container, "command": command} if command else container


def refusal(container: JSON, variables: Collection[str], images: Images) -> tuple[Pointer, str, str, str] | None:
    """Say why a container is not run, or None if it is.

    Args:
        container: as written, or as its pod has it.
        variables: names of the variables that the workflow sets in it.
        images: what the catalog has.

    Returns:
        Where in the container, the code, what is wrong, and what to do.
    """
    image = container.get("image") or ""
    if images.host_commands:
        return None
    if "{{" in image:
        return (
            ("image",),
            "run.image_tag",
            f"image {quoted(image)} is not known before the run",
            f"write it, or {_BESIDE}",
        )
    name = images.name(image)
    if name is None:
        remedy = (
            "add it to standards/catalog/images.yaml, or run its commands on this machine itself with --host-commands"
        )
        return ("image",), "run.unknown_image", f"image {quoted(image)} is not in the catalog", remedy
    words = [*(container.get("command") or []), *(container.get("args") or [])]
    if "source" in container or not _is_program(name, words, images):
        what = "a script" if "source" in container else f"the command {quoted(' '.join(map(str, words[:3])))}"
        remedy = f"run a program of images/{name} with python -m, or {_BESIDE}"
        return ("command",), "run.own_command", f"{what} is not a program of image {quoted(name)}", remedy
    steering = sorted(v for v in variables if v.upper().startswith(_STEERING) or v in _STEERING_NAMES)
    what = f"variable {quoted(steering[0])}" if steering else "workingDir" if container.get("workingDir") else ""
    if what:
        message = f"{what} decides what runs in place of a program of image {quoted(name)}"
        return ("env" if steering else "workingDir",), "run.own_command", message, f"remove it, or {_BESIDE}"
    return None


def _is_program(name: str, words: Sequence[object], images: Images) -> bool:
    interpreter, flag, program = (str(word) for word in [*words, "", "", ""][:3])
    return interpreter in ("python", "python3") and flag == "-m" and images.has_program(name, program)
