"""The contract of checkpoints/<step>/: weights, optimiser, random state and position; DONE is written last.

A checkpoint without DONE does not exist. DONE holds the step, the loss and the digest of every file, so that a torn or
altered one is told by name. Older checkpoints keep their weights for evaluation and lose what only resuming needs.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime import contract, objects
from runtime.errors import InputError

VERSION = 1
DONE = "DONE"
STATE = "resume.pt"  # optimiser, random state, loss history: only the newest checkpoint keeps it
ENDED = "ENDED"
BASE = 0  # the step at which nothing is trained yet: the base model, evaluated like a checkpoint


def root(run_root: str) -> str:
    """Returns where a run's checkpoints lie."""
    return f"{run_root}/checkpoints"


def address(run_root: str, step: int) -> str:
    """Returns where the checkpoint of a step lies."""
    return f"{root(run_root)}/{step:08d}"


def file_digest(path: Path) -> str:
    """Returns a file's SHA-256."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def save(run_root: str, step: int, folder: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Writes every file of `folder` as the checkpoint of a step, DONE last, and returns what DONE holds.

    Args:
        run_root: the run's own prefix.
        step: optimiser steps done.
        folder: the files.
        facts: `loss`, `method`, `base` (the base's digest), `tokens` seen, `seconds`.
    """
    into = address(run_root, step)
    objects.remove(f"{into}/{DONE}")
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = str(path.relative_to(folder))
        files[name] = {"sha256": file_digest(path), "bytes": path.stat().st_size}
        objects.upload(path, f"{into}/{name}")
    whole = hashlib.sha256("".join(f"{n}\0{f['sha256']}\n" for n, f in files.items() if n != STATE).encode())
    done = {"version": VERSION, "step": step, "digest": whole.hexdigest(), "files": files, **facts}
    contract.check("checkpoint", done, f"{into}/{DONE}")
    objects.write_json(f"{into}/{DONE}", done)
    return done


def read(run_root: str, step: int) -> dict[str, Any]:
    """Returns what a checkpoint's DONE holds.

    Raises:
        InputError: there is no such checkpoint.
    """
    place = f"{address(run_root, step)}/{DONE}"
    done: dict[str, Any] = objects.read_json(place)
    contract.check("checkpoint", done, place)
    return done


def steps(run_root: str) -> list[int]:
    """Returns the steps that have a checkpoint, in order."""
    names = [name for name in objects.folders(root(run_root)) if name.isdigit()]
    return [int(name) for name in names if objects.exists(f"{root(run_root)}/{name}/{DONE}")]


def fetch(run_root: str, step: int, folder: Path, resume: bool = False) -> dict[str, Any]:
    """Brings a checkpoint into a folder and returns what its DONE holds; each file is held against its digest.

    Args:
        resume: whether to bring the state that training resumes from, besides the weights.

    Raises:
        InputError: a file is missing or altered.
    """
    done = read(run_root, step)
    for name, facts in done["files"].items():
        if name == STATE and not resume:
            continue
        place, file = f"{address(run_root, step)}/{name}", folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        objects.fetch(place, file)
        if (found := file_digest(file)) != facts["sha256"]:
            raise InputError(
                f"{place}: its sha256 is {found} and DONE says {facts['sha256']}; "
                "the checkpoint was altered: remove its DONE, and training resumes from the one before"
            )
    return done


def resumable(run_root: str) -> int | None:
    """Returns the newest step that training can resume from, or None where there is none."""
    found = [step for step in steps(run_root) if objects.exists(f"{address(run_root, step)}/{STATE}")]
    return found[-1] if found else None


def thin(run_root: str, newest: int) -> None:
    """Removes what only resuming needs from every checkpoint but the newest."""
    for step in steps(run_root):
        if step != newest:
            objects.remove(f"{address(run_root, step)}/{STATE}")


def remove_partial(run_root: str) -> list[str]:
    """Removes checkpoints that were never finished and returns their addresses."""
    partial = [
        f"{root(run_root)}/{name}"
        for name in objects.folders(root(run_root))
        if name.isdigit() and not objects.exists(f"{root(run_root)}/{name}/{DONE}")
    ]
    for place in partial:
        objects.remove(place)
    return partial


def end(run_root: str, status: str) -> None:
    """Says that no further checkpoint comes, and why: who waits for one stops waiting."""
    objects.write_json(f"{root(run_root)}/{ENDED}", {"version": VERSION, "status": status})


def reopen(run_root: str) -> None:
    """Takes back `end`: training goes on."""
    objects.remove(f"{root(run_root)}/{ENDED}")


def ended(run_root: str) -> str | None:
    """Returns why no further checkpoint comes, or None while training goes on."""
    place = f"{root(run_root)}/{ENDED}"
    return str(objects.read_json(place)["status"]) if objects.exists(place) else None
