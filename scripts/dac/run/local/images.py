"""An image as this machine has it: a catalog image's own locked environment, or this machine itself."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dac.model import Catalog
from dac.run.local.roots import Roots

# All that the machine passes on to a step unasked: whom it trusts and its proxies, its devices, and which instructions
# and how many threads numerical libraries may use. No credential is among them: those pass by name (`--pass-env`).
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_PASSED = (
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", *_PROXIES, "NO_PROXY", "no_proxy",
    "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES",
    "ATEN_CPU_CAPABILITY", "MKL_CBWR", "ONEDNN_MAX_CPU_ISA", "OMP_NUM_THREADS",
)  # fmt: skip
_PROGRAM = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image's commands run.

    Attributes:
        environment: variables that the image itself sets.
        folder: its working directory; None for the pod's own folder.
    """

    environment: Mapping[str, str]
    folder: Path | None

    def program(self, module: str, *words: str) -> list[str]:
        """Return the command of a program of a catalog image, by that image's own Python."""
        return [f"{self.environment['VIRTUAL_ENV']}/bin/python", "-m", module, *words]


class Images:
    """The catalog's images by repository.

    Args:
        catalog: the catalog; None for none.
        root: of the tree.
        host_commands: whether commands of one's own run on this machine itself.
        entrypoints: image -> the command of its containers that state none.
        roots: what gives each container of an image of one's own its folder for a root; None to rewrite its paths.
    """

    def __init__(
        self,
        catalog: Catalog | None,
        root: Path,
        host_commands: bool,
        entrypoints: Mapping[str, Sequence[str]] | None = None,
        roots: Roots | None = None,
    ) -> None:
        self.roots = roots
        facts: Mapping[str, Any] = catalog.kinds.get("images", {}) if catalog else {}
        self.repositories = {str(fact["repository"]): name for name, fact in facts.items() if "repository" in fact}
        self.root = root
        self.host_commands = host_commands
        self.entrypoints = dict(entrypoints or {})
        self._place_of: dict[str, Place] = {}

    def name(self, image: str) -> str | None:
        """Return the catalog's name of an image reference, or None for an image outside the catalog."""
        repository = image.split("@")[0]
        if repository not in self.repositories and ":" in repository.rpartition("/")[2]:
            repository = repository.rpartition(":")[0]
        return self.repositories.get(repository)

    def has_root(self, image: str) -> bool:
        """Whether the containers of an image have roots of their own (`roots`).

        The programs of catalog images, which take their paths as flags, do without: their paths are rewritten.
        """
        return self.roots is not None and self.name(image) is None

    def entrypoint(self, image: str) -> list[str]:
        """Return the command that was given for an image, by its reference or its repository; empty if none was."""
        bare = image.split("@")[0]
        repository = bare.rpartition(":")[0] if ":" in bare.rpartition("/")[2] else bare
        return next((list(self.entrypoints[key]) for key in (image, bare, repository) if key in self.entrypoints), [])

    def has_program(self, name: str, program: str) -> bool:
        """Return whether a catalog image has this program: a module at the top of its folder."""
        module = self.root / "images" / name / f"{program}.py"
        return _PROGRAM.fullmatch(program) is not None and module.is_file()

    def place(self, image: str) -> Place:
        """Return where the image's commands run; install its environment where it is missing.

        Raises:
            RuntimeError: The environment cannot be installed; the message says why.
        """
        name = self.name(image) or ""
        if name not in self._place_of:
            self._place_of[name] = self._catalog_place(name) if name else _host_place()
        return self._place_of[name]

    def _catalog_place(self, name: str) -> Place:
        script = self.root / "images" / "env.sh"
        made = subprocess.run([str(script), name], capture_output=True, text=True, check=False)
        if made.returncode:
            raise RuntimeError(f"images/env.sh {name} failed: {made.stderr.strip()[-500:]}")
        venv = Path(made.stdout.strip().splitlines()[-1])
        folder = self.root / "images" / name
        path = f"{venv / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        return Place(
            {**_base(), "PATH": path, "PYTHONPATH": f"{folder}:{folder.parent}", "VIRTUAL_ENV": str(venv)}, folder
        )


def _base() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    # A proxy's address may hold a user and a password: such a one is a credential.
    passed = {name: value for name, value in passed.items() if name not in _PROXIES or "@" not in value}
    return {**passed, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _host_place() -> Place:
    return Place({**_base(), "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")}, None)
