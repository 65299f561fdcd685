"""What cannot be run as Argo would run it is refused before anything starts, by name and place.

The wanted text is refused/<fault>/expected.txt; `pytest --rewrite` writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from dac import run
from dac.run import Refused
from runner_harness import sources

FAULTS = sorted(path.parent for path in Path(__file__).parent.glob("refused/*/workflow.yaml"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_refused(fault: Path, golden: Callable[[Path, bytes], None]) -> None:
    with pytest.raises(Refused) as refused:
        sources((fault / "workflow.yaml").read_text())
    golden(fault / "expected.txt", (str(refused.value) + "\n").encode())


LAUGHS = "a: &a0 [x]\n" + "".join(f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &a [*a]", "nested deeper than 100 levels (an alias within itself?)"),
        ("a: &a {b: {c: *a}}", "nested deeper than 100 levels (an alias within itself?)"),
        ("a: &a {<<: *a}", "nested deeper than 100 levels (an alias within itself?)"),
        ("a: &a {<<: [*a, *a]}", "nested deeper than 100 levels (an alias within itself?)"),
        ("a: " + "[" * 101, "nested deeper than 100 levels"),
        ("a: " + "[" * 50_000, "exceeded maximum nesting depth"),
        (LAUGHS, "too many values (an alias that multiplies itself?)"),
        ("a: " + "9" * 5_000, "a number that cannot be read"),
        ("a: 1e400", "a number that cannot be read"),
        ("a: 0x_", "a number that cannot be read"),
        ("a: 0o_", "a number that cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_place(text: str, problem: str) -> None:
    if text.startswith("a: [") and "exceeded" not in problem:
        text += "]" * text.count("[")
    documents, (finding,) = run.documents(text, "workflow.yaml")
    assert (documents, finding.code) == ([], "run.yaml")
    assert problem in finding.message
    assert finding.location.column > 1


def test_an_image_outside_the_catalog_is_refused_without_host_commands() -> None:
    text = (Path(__file__).parent / "cases/order/workflow.yaml").read_text()
    with pytest.raises(Refused) as refused:
        sources(text, host=False)
    assert str(refused.value) == (
        'workflow.yaml:19:14: error: image "busybox" is not in the catalog; add it to '
        "standards/catalog/images.yaml, or run its commands on this machine itself with --host-commands "
        "[run.unknown_image]"
    )
