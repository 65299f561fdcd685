"""A run's facts of the catalog: held from its first step on, and named in its receipt."""

import hashlib

import orjson
import pytest
from runtime import catalog, objects, program, settings
from runtime.errors import InputError

MODEL = '{"dimension":384}'
DIGEST = "sha256:" + hashlib.sha256(MODEL.encode()).hexdigest()
ADDRESS = "s3://artifacts/team/search/runs/uid-1/facts.json"


@pytest.fixture(autouse=True)
def facts(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTS", "MODEL,STORE")
    monkeypatch.setenv("MODEL", MODEL)
    monkeypatch.setenv("STORE", "{}")


def test_the_first_step_keeps_the_facts_and_others_agree() -> None:
    catalog.hold()
    catalog.hold()
    assert objects.read_json(ADDRESS)["MODEL"] == DIGEST


def test_a_change_in_the_middle_of_a_run_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.hold()
    monkeypatch.setenv("MODEL", MODEL.replace("384", "768"))
    with pytest.raises(InputError, match="facts in MODEL have changed since this run began; start another run"):
        catalog.hold()
    assert catalog.held(settings.run())["MODEL"] == DIGEST, "the receipt names those with which it began"


def test_a_variable_that_only_a_later_step_reads_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.hold()
    monkeypatch.setenv("FACTS", "MODEL,STORE,JUDGE")
    monkeypatch.setenv("JUDGE", "{}")
    catalog.hold()


def test_a_pod_without_facts_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACTS")
    catalog.hold()
    assert not objects.exists(ADDRESS)


def test_a_variable_that_is_not_set_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORE")
    assert catalog.held(settings.run()) == {"MODEL": DIGEST}


@pytest.mark.parametrize(("step", "code"), [("upsert", 65), ("finish", 0)])
def test_a_program_is_not_started_on_other_facts_but_the_receipt_is_written(
    step: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog.hold()
    monkeypatch.setenv("STORE", '{"retain":9}')
    with pytest.raises(SystemExit) as ended:
        program.main(step, lambda: {"ran": True})
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (code, "" if code else '{"ran":true}\n')
    if code:
        assert "STORE" in orjson.loads(printed.err.splitlines()[-1])["message"]
