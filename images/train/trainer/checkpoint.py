"""The contract of checkpoints/<step>/: weights, optimiser, random state and position; DONE is written last.

A checkpoint without DONE does not exist. DONE holds the step, the loss and the digest of every file, so that a torn or
altered checkpoint is refused by name. Older checkpoints keep their weights for evaluation and lose what only a resumed
training needs.
"""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime import contract, objects
from runtime.errors import InputError
from runtime.files import inside
from runtime.log import warning

END_VERSION = 1  # of the file that marks the end, which has no schema
DONE = "DONE"
STATE = "resume.pt"  # optimiser, random state, loss history: the newest checkpoints keep it
STATES = 2  # that are kept: where the newest is altered, training resumes from the one before
ENDED = "ENDED"
BASE = 0  # the step before any training: the base model, evaluated like a checkpoint


def root(run_root: str) -> str:
    """Return the address of a run's checkpoints."""
    return f"{run_root}/checkpoints"


def address(run_root: str, step: int) -> str:
    """Return the address of the checkpoint of a step."""
    return f"{root(run_root)}/{step:08d}"


def file_digest(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def save(run_root: str, step: int, folder: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write every file of a folder as the checkpoint of a step, DONE last.

    Args:
        run_root: the run's own prefix.
        step: optimiser steps done.
        folder: the files.
        facts: `loss`, `method`, `base` (the base model's digest), its `precision`, and `tokens` trained on so far.

    Returns:
        The content of DONE.
    """
    target = address(run_root, step)
    objects.remove(f"{target}/{DONE}")
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = str(path.relative_to(folder))
        files[name] = {"sha256": file_digest(path), "bytes": path.stat().st_size}
        objects.upload(path, f"{target}/{name}")
    whole = hashlib.sha256("".join(f"{n}\0{f['sha256']}\n" for n, f in files.items() if n != STATE).encode())
    done = {"step": step, "digest": whole.hexdigest(), "files": files, **facts}
    return contract.write("checkpoint", f"{target}/{DONE}", done)


def read(run_root: str, step: int) -> dict[str, Any]:
    """Return the content of a checkpoint's DONE.

    Raises:
        InputError: there is no such checkpoint.
    """
    return contract.read("checkpoint", f"{address(run_root, step)}/{DONE}")


def steps(run_root: str) -> list[int]:
    """Return the steps that have a checkpoint, in order."""
    names = [name for name in objects.folders(root(run_root)) if name.isdigit()]
    return [int(name) for name in names if objects.exists(f"{root(run_root)}/{name}/{DONE}")]


def fetch(run_root: str, step: int, folder: Path, resume: bool = False) -> dict[str, Any]:
    """Download a checkpoint and verify each file's digest.

    Args:
        run_root: the run's own prefix.
        step: the checkpoint's.
        folder: where to put the files.
        resume: whether to download the state that training resumes from, beside the weights.

    Returns:
        The content of DONE.

    Raises:
        InputError: a file is missing or altered.
    """
    done = read(run_root, step)
    for name, facts in done["files"].items():
        if name == STATE and not resume:
            continue
        place, file = f"{address(run_root, step)}/{name}", inside(folder, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        objects.fetch(place, file)
        if (digest := file_digest(file)) != facts["sha256"]:
            raise InputError(
                f"{place}: the checkpoint was altered: sha256 is {digest}, DONE says {facts['sha256']}; "
                "it cannot be used"
            )
    return done


def resumable(run_root: str) -> list[int]:
    """Return the steps that training can resume from, the newest first."""
    return [step for step in reversed(steps(run_root)) if objects.exists(f"{address(run_root, step)}/{STATE}")]


def fetch_newest(run_root: str, folder: Path) -> int | None:
    """Download the newest checkpoint that is whole, to resume from it.

    An altered one, or one that lost a file, is removed with a warning, and the one before is taken.

    Args:
        run_root: the run's own prefix.
        folder: where to put the files.

    Returns:
        Its step; None where training begins anew.
    """
    for step in resumable(run_root):
        try:
            fetch(run_root, step, folder, resume=True)
        except InputError as error:
            warning("checkpoint_altered", f"{error}; training resumes from the checkpoint before it", at=step)
            shutil.rmtree(folder, ignore_errors=True)
            objects.remove(f"{address(run_root, step)}/{DONE}")
            continue
        return step
    return None


def remove_stale_states(run_root: str, newest: int) -> None:
    """Remove what only a resumed training needs from every checkpoint but the newest ones."""
    for step in [step for step in steps(run_root) if step <= newest][:-STATES]:
        objects.remove(f"{address(run_root, step)}/{STATE}")


def remove_partial(run_root: str) -> list[str]:
    """Remove checkpoints without DONE and return their addresses."""
    partial = [
        f"{root(run_root)}/{name}"
        for name in objects.folders(root(run_root))
        if name.isdigit() and not objects.exists(f"{root(run_root)}/{name}/{DONE}")
    ]
    for place in partial:
        objects.remove(place)
    return partial


def mark_ended(run_root: str, status: str) -> None:
    """Record that no further checkpoint comes, and why, so that nothing waits for one any longer."""
    objects.write_json(f"{root(run_root)}/{ENDED}", {"version": END_VERSION, "status": status})


def reopen(run_root: str) -> None:
    """Undo `mark_ended`: training continues."""
    objects.remove(f"{root(run_root)}/{ENDED}")


def ended(run_root: str) -> str | None:
    """Return why no further checkpoint comes, or None while training may write one."""
    place = f"{root(run_root)}/{ENDED}"
    return str(objects.read_json(place)["status"]) if objects.exists(place) else None
