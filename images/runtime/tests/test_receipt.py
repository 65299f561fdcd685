"""The receipt and a step's part of it: checked when they are written and when they are read."""

import os
from dataclasses import replace
from typing import Any

import pytest
from runtime import addresses, objects, receipt, settings
from runtime.errors import InputError

pytestmark = pytest.mark.usefixtures("environment")

VALUE: dict[str, Any] = {
    "status": "Succeeded",
    "failures": [],
    "inputs": {},
    "counts": {"documents": 2},
    "verdicts": {},
    "cost": {"gpu_hours": None},
    "steps": {},
    "results": {},
}


@pytest.mark.parametrize("standard", ["rag-indexing@v1", "fine-tuning@v1", "eval-suite@v1"])
def test_every_standard_writes_and_reads_the_one_receipt(standard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANDARD", standard)
    run = settings.run()
    assert receipt.write(run, VALUE) == "s3://artifacts/team/search/receipts/search-1.json"
    written = receipt.read(run)
    assert {key: written[key] for key in VALUE} == VALUE
    assert (written["standard"], written["run"], written["run_id"]) == (standard, "search-1", "uid-1")


def test_a_receipt_that_its_schema_refuses_is_not_written() -> None:
    run = settings.run()
    with pytest.raises(InputError, match=r"search-1.json: status: 'Fine' is not one of"):
        receipt.write(run, VALUE | {"status": "Fine"})
    assert not objects.exists(receipt.address(run))


def test_a_run_that_takes_the_name_of_an_older_one_leaves_its_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    receipt.write(settings.run(), VALUE)
    monkeypatch.setenv("RUN_ID", "uid-2")
    again = settings.run()
    receipt.write(again, VALUE | {"counts": {"documents": 3}})
    receipt.write(again, VALUE | {"counts": {"documents": 4}})  # its own is written anew
    kept = {
        name.rpartition("/")[2]: objects.read_json(name) for name in objects.listing(f"{again.home}/receipts", ".json")
    }
    assert {name: (value["run_id"], value["counts"]["documents"]) for name, value in kept.items()} == {
        "search-1.json": ("uid-2", 4),
        "search-1.uid-1.json": ("uid-1", 2),
    }


def test_a_receipt_of_another_version_is_refused_by_read_and_listed_by_read_all() -> None:
    run = settings.run()
    former = {"version": 1, "run_id": "uid-0", "finished": "2026-01-01T00:00:00Z"}
    objects.write_json(receipt.address(run), former)
    with pytest.raises(InputError, match="version 1 of receipt; this program reads 2"):
        receipt.read(run)
    assert receipt.read_all(run) == [former]


def test_the_newest_receipts_are_those_written_last_whatever_their_names() -> None:
    """A run that a person starts in a cluster has a name that ends at random."""
    run = settings.run()
    for age, name in enumerate(("search-zzzzz", "search-1790000000", "search-aaaaa")):
        address = receipt.address(replace(run, run_name=name))
        objects.write_json(address, {"run": name})
        os.utime(addresses.locate(address)[1], (1000 + age, 1000 + age))
    assert receipt.read_all(run, newest=2) == [{"run": "search-1790000000"}, {"run": "search-aaaaa"}]


def test_a_part_is_read_as_it_was_written_and_refused_when_it_was_changed() -> None:
    run = settings.run()
    with receipt.part(run, "embed-3") as part:
        part.facts["points"] = 7
    assert receipt.facts(run, "embed-3") == {"points": 7}
    assert list(receipt.parts(run)) == ["embed-3"]
    objects.write_json(f"{run.root}/steps/embed-3.json", {"version": 1, "step": "embed-3"})
    with pytest.raises(InputError, match="'began' is a required property"):
        receipt.parts(run)


def test_a_failed_step_leaves_its_last_lines_for_the_receipt() -> None:
    run = settings.run()
    receipt.leave_tail("embed", 65)
    failures = receipt.failures(run)
    assert [(failure["step"], failure["exit_code"]) for failure in failures] == [("embed", 65)]
    receipt.write(run, VALUE | {"status": "Failed", "failures": failures})


def test_a_step_that_fails_after_its_part_is_named_and_one_that_ends_well_is_not() -> None:
    run = settings.run()
    with receipt.part(run, "validate"):
        pass
    receipt.leave_tail("validate", 65)
    assert [failure["step"] for failure in receipt.failures(run)] == ["validate"]
    with receipt.part(run, "validate"):
        pass
    assert receipt.failures(run) == []


def test_a_receipt_has_the_arguments_that_the_engine_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    run = settings.run()
    listed = '[{"name":"size","value":"large"},{"name":"source","default":"none","value":"s3://a/\\u003cb\\u003e"},{"name":"notify","value":""}]'
    monkeypatch.setenv("ARGUMENTS", listed)
    receipt.write(run, VALUE)
    assert receipt.read(run)["arguments"] == {"size": "large", "source": "s3://a/<b>", "notify": ""}


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("seconds=1.5..3,usd=0..", {"seconds": {"least": 1.5, "most": 3.0}, "usd": {"least": 0.0, "most": None}}),
        ("", None),
        ("seconds=1.2.3..4", None),  # within the argument's pattern, and no reason to lose the receipt
    ],
)
def test_a_receipt_has_what_the_run_was_expected_to_take(
    text: str, held: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = settings.run()
    monkeypatch.setenv("ARGUMENTS", f'[{{"name":"predicted","value":"{text}"}}]')
    receipt.write(run, VALUE)
    assert receipt.read(run).get("predicted") == held
    assert receipt.read(run)["arguments"] == {"predicted": text}


def test_a_receipt_of_a_template_that_lists_none_says_nothing_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    run = settings.run()
    receipt.write(run, VALUE)
    assert "arguments" not in receipt.read(run)
    monkeypatch.setenv("ARGUMENTS", "null")
    receipt.write(run, VALUE)
    assert receipt.read(run)["arguments"] == {}


@pytest.mark.parametrize("text", ["{{workflow.parameters}}", '{"size": "large"}', '[{"name": "size"}]', "[1]", "7"])
def test_what_is_not_a_list_of_arguments_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGUMENTS", text)
    with pytest.raises(InputError, match="ARGUMENTS is not a list of names and values"):
        receipt.write(settings.run(), VALUE)
