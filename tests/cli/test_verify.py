"""`dac verify`: what ran is what the commit renders to, whatever the working tree holds by now."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from committed_run import CONTRACT, FEATURES, PIPELINE, Clone, Dac, digest
from dac.model.receipt import REQUIRED, VERSION


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def agrees(clone: Clone, commit: str) -> str:
    return (
        f"first/plain at {commit[:12]} renders to what was run\n"
        f"  decisions  {clone.receipt['content']}\n"
        f"  copying@v1  {clone.receipt['template_content']}\n"
    )


def test_agrees_and_leaves_the_working_tree_alone(clone: Clone, dac: Dac) -> None:
    clone.edit("projects/first/decisions.yaml", "s3://a/b", "s3://other/b")
    before = clone.git("status", "--porcelain")
    result = clone.verified(dac)
    assert (result.returncode, result.stdout, result.stderr) == (0, agrees(clone, clone.commit), "")
    assert clone.git("status", "--porcelain") == before


def test_a_later_commit_does_not_agree(clone: Clone, dac: Dac) -> None:
    clone.edit("projects/first/decisions.yaml", "s3://a/b", "s3://other/b")
    clone.edit("standards/copying/v1/template.yaml", "parallelism", "priority")
    dac("render", cwd=clone.root)
    later = clone.committed()
    result = clone.verified(dac, commit=later)
    paths = ("projects/first/rendered/pipelines/plain.yaml", "standards/copying/v1/rendered.yaml")
    assert result.stdout == "".join(
        f"{path}: {later[:12]} renders {clone.content(path)}, the receipt says {clone.receipt[name]}\n"
        for path, name in zip(paths, ("content", "template_content"), strict=True)
    ) + (
        f'{PIPELINE}:30:1: error: argument "source" was "s3://a/b" in the run, {later[:12]} renders "s3://other/b"; '
        "start it as it was merged [verify.argument]\n"
    )
    assert (result.returncode, result.stderr) == (1, f"first/plain at {later[:12]} is not what was run\n")


@pytest.mark.parametrize(
    ("changed", "line", "difference"),
    [
        ({"size": "large"}, 32, '"size" was "large" in the run, {commit} renders "small"'),
        ({"source": "file:///etc"}, 30, '"source" was "file:///etc" in the run, {commit} renders "s3://a/b"'),
        ({"pipeline": "sibling"}, 28, '"pipeline" was "sibling" in the run, {commit} renders "plain"'),
        ({"more": "x\u009b1m\n"}, 1, '"more" was "x\\x9b1m\\n" in the run, {commit} renders none'),
        ({"size": None}, 32, '"size" was missing in the run, {commit} renders "small"'),
    ],
)
def test_another_argument_than_the_merged_one(
    clone: Clone, dac: Dac, changed: dict[str, str | None], line: int, difference: str
) -> None:
    arguments = {name: value for name, value in (clone.receipt["arguments"] | changed).items() if value is not None}
    result = clone.verified(dac, arguments=arguments)
    commit = clone.commit[:12]
    assert result.stdout == (
        f"{PIPELINE}:{line}:1: error: argument {difference.format(commit=commit)}; "
        "start it as it was merged [verify.argument]\n"
    )
    assert (result.returncode, result.stderr) == (1, f"first/plain at {commit} is not what was run\n")


def test_what_a_person_may_set_by_hand_is_not_compared(clone: Clone, dac: Dac) -> None:
    """Nor the content, which is compared as what it is; any other argument is, whatever it is called."""
    standard = "standards/copying/v1/standard.yaml"
    by_hand = "description: not passed by the CronWorkflow, by_hand: true}"
    clone.edit(standard, "description: not passed by the CronWorkflow}", by_hand)
    commit = clone.committed()
    arguments = clone.receipt["arguments"] | {"commit": commit, "content": ""}
    assert clone.verified(dac, commit=commit, arguments=arguments).stdout == agrees(clone, commit)
    result = clone.verified(dac, arguments=arguments)
    assert (result.returncode, '"commit" was' in result.stdout) == (1, True), "the earlier commit marked none by_hand"


def test_a_receipt_without_arguments_is_not_verified(clone: Clone, dac: Dac) -> None:
    result = clone.verified(dac, arguments=None)
    assert result.stdout == (
        f"{PIPELINE}:1:1: error: the receipt does not say with which arguments the run was started: they cannot be "
        "compared; run the pipeline again [verify.no_arguments]\n"
    )
    assert result.returncode == 1


def test_facts_that_changed_are_named(clone: Clone, dac: Dac) -> None:
    clone.edit("standards/catalog/sizes.yaml", "at_once: 1", "at_once: 2")
    dac("render", cwd=clone.root)
    later = clone.committed()
    ended = clone.verified(dac, commit=later)
    renders = digest('{"copying":{"at_once":2} }')
    assert (ended.returncode, ended.stdout) == (
        1,
        'standards/platform/catalog/rendered/facts.yaml:1:1: error: facts "SETTINGS" were '
        f"{clone.receipt['facts']['SETTINGS']} in the run, {later[:12]} renders "
        f"{renders}; see what of the catalog changed: git log standards/catalog [verify.facts]\n",
    )
    assert clone.verified(dac, commit="").stdout == agrees(clone, clone.commit), "the commit with those facts"


def test_a_receipt_without_facts_is_not_verified(clone: Clone, dac: Dac) -> None:
    ended = clone.verified(dac, facts={})
    assert ended.returncode == 1
    assert "[verify.no_facts]" in ended.stdout
    assert "the receipt does not say which facts of the catalog the run read" in ended.stdout


@pytest.mark.parametrize("facts", [{"OTHER": digest("{}")}, {"settings": digest("{}")}])
def test_a_receipt_that_leaves_a_fact_out_is_not_verified(clone: Clone, dac: Dac, facts: dict[str, str]) -> None:
    """It would agree with any commit that has the facts which it does name."""
    ended = clone.verified(dac, facts=facts)
    assert ended.returncode == 1
    assert (
        "the receipt leaves out which facts of the catalog the run read in SETTINGS; read the receipt from the object "
        "store, as the run left it [verify.no_facts]\n"
    ) in ended.stdout


def test_a_receipt_that_leaves_out_a_field_is_not_verified(clone: Clone, dac: Dac) -> None:
    whole = dict(clone.receipt)
    for names in (["images"], ["run", "verdicts"], ["version"]):
        clone.receipt = {name: value for name, value in whole.items() if name not in names}
        ended = clone.verified(dac)
        assert ended.stdout == (
            f"{clone.receipt_file}:1:1: error: the receipt lacks {', '.join(names)}, which every receipt has; "
            "read it from the object store, as the run left it [verify.incomplete]\n"
        )
        assert ended.returncode == 1


def test_every_receipt_has_what_its_contract_requires() -> None:
    contract = json.loads(CONTRACT.read_text())
    assert list(REQUIRED) == contract["required"]
    assert contract["properties"]["version"]["const"] == VERSION


def test_the_commit_is_looked_for_in_the_history(clone: Clone, dac: Dac) -> None:
    clone.edit("projects/first/decisions.yaml", "s3://a/b", "s3://other/b")
    dac("render", cwd=clone.root)
    clone.committed()
    result = clone.verified(dac, commit="")
    assert (result.returncode, result.stdout) == (0, agrees(clone, clone.commit))


def test_what_was_never_committed_is_not_found(clone: Clone, dac: Dac) -> None:
    clone.edit("projects/first/decisions.yaml", "s3://a/b", "s3://other/b")
    dac("render", cwd=clone.root)
    content = clone.content("projects/first/rendered/pipelines/plain.yaml")
    result = clone.verified(dac, commit="", content=content)
    none = "no commit in this clone's history renders first/plain to what was run"
    assert result.stdout == f"{none}; the working tree holds it: commit it, then run this again\n"
    assert result.returncode == 1
    assert clone.verified(dac, commit="", content="sha256:" + "0" * 64).stdout == f"{none}\n"


def test_a_commit_whose_tree_does_not_render(clone: Clone, dac: Dac) -> None:
    clone.edit("projects/first/decisions.yaml", "size: large", "size: larg")
    broken = clone.committed()
    result = clone.verified(dac, commit=broken)
    assert result.stdout == (
        f'{broken[:12]} does not render: projects/first/decisions.yaml:9:11: error: "larg" is not in '
        'standards/catalog/sizes.yaml; did you mean "large"? [catalog.unknown_name]\n'
    )
    assert result.returncode == 1


def test_a_tree_that_is_a_folder_of_a_larger_repository(tmp_path: Path, dac: Dac) -> None:
    clone = Clone(tmp_path)
    outer = tmp_path / "outer"
    shutil.copytree(FEATURES, outer / "deep" / "tree")
    clone.root = outer
    clone.git("init", "-q", "-b", "main")
    commit = clone.committed()
    clone.root = outer / "deep" / "tree"
    for named in (commit, ""):
        assert clone.verified(dac, commit=named).stdout == agrees(clone, commit)
