"""What cannot be run as Argo would run it is refused before anything starts, by name and place.

The wanted text is refused/<fault>/expected.txt; `pytest --rewrite` writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from dac.run import Refused
from runner_harness import sources

FAULTS = sorted(path.parent for path in Path(__file__).parent.glob("refused/*/workflow.yaml"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_refused(fault: Path, golden: Callable[[Path, bytes], None]) -> None:
    with pytest.raises(Refused) as refused:
        sources((fault / "workflow.yaml").read_text())
    golden(fault / "expected.txt", (str(refused.value) + "\n").encode())


def test_an_image_outside_the_catalog_is_refused_without_host_commands() -> None:
    text = (Path(__file__).parent / "cases/order/workflow.yaml").read_text()
    with pytest.raises(Refused) as refused:
        sources(text, host=False)
    assert str(refused.value) == (
        'workflow.yaml:19:14: error: image "busybox" is not in the catalog; add it to '
        "standards/catalog/images.yaml, or run its commands on this machine itself with --host-commands "
        "[run.unknown_image]"
    )
