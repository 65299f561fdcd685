"""The catalog's facts are those of the whole run: a pod reads them when it starts, and they may change between two.

The first step to start writes their hashes to <run>/facts.json; a later one that reads others ends with 65, before it
mixes what two versions of a model made.
"""

import os

from runtime import objects, settings
from runtime.errors import InputError
from runtime.settings import Run


def _address(run: Run) -> str:
    return f"{run.of(run.run_id)}/facts.json"


def hold() -> None:
    """Keep the facts with which the run began; do nothing in a pod that reads none.

    Raises:
        InputError: they have changed since.
    """
    if "FACTS" not in os.environ:
        return
    run, read = settings.run(), settings.fact_digests()
    if not objects.exists(_address(run)):
        objects.write_json(_address(run), read)
        return
    began = objects.read_json(_address(run))
    changed = sorted(name for name, digest in read.items() if began.get(name, digest) != digest)
    if changed:
        raise InputError(
            f"{_address(run)}: the catalog's facts in {', '.join(changed)} have changed since this run began; "
            "start another run"
        )


def held(run: Run) -> dict[str, str]:
    """Return the hashes of the facts with which the run began, by variable; this pod's own where no step kept any."""
    if objects.exists(_address(run)):
        return {str(name): str(digest) for name, digest in objects.read_json(_address(run)).items()}
    return settings.fact_digests()
