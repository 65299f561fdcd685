"""tokenize: packs lose no row, only answers are learned, and what was made is made once."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import tokenize_dataset
from hypothesis import given
from hypothesis import strategies as st
from runtime.errors import InputError
from support import PROGRAMS, LocalRun, last_message
from trainer import bases, chat, tokens


@given(st.lists(st.integers(1, 32), max_size=80), st.integers(1, 40))
def test_packs_hold_every_row_once_and_no_pack_is_too_long(lengths: list[int], window: int) -> None:
    rows = [tokens.Row(i, [0] * n, [True] * n) for i, n in enumerate(lengths)]
    packs = list(tokens.pack(iter(rows), 32, window))
    assert sorted(row.line for pack in packs for row in pack) == list(range(len(rows)))
    assert all(0 < sum(len(row.ids) for row in pack) <= 32 for pack in packs)


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    rows = [tokens.Row(i, list(range(i % 7 + 1)), [j % 2 == 1 for j in range(i % 7 + 1)]) for i in range(1200)]
    made = list(tokens.pack(iter(rows), 16))
    with tokens.Writer(tmp_path / "t.arrow") as writer:
        for pack in made:
            writer.add(pack)
    read = tokens.Packs(tmp_path / "t.arrow")
    assert len(read) == len(made) > tokens.BATCH
    for number in (0, 1, tokens.BATCH - 1, tokens.BATCH, len(made) - 1):
        pack = read[number]
        assert pack.lines.tolist() == [row.line for row in made[number]]
        assert pack.tokens.tolist() == [token for row in made[number] for token in row.ids]
        assert pack.loss_mask.tolist() == [each for row in made[number] for each in row.loss_mask]


def test_only_answers_are_learned(base: Path) -> None:
    """A system turn, two answers: the template's own words and the questions carry no label, the end of a turn does."""
    tokenizer = bases.load_tokenizer(base)
    turns = [
        {"role": "user", "content": "reverse one1"}, {"role": "assistant", "content": "1eno"},
        {"role": "user", "content": "reverse two2"}, {"role": "assistant", "content": "2owt"},
    ]  # fmt: skip
    [(ids, mask)] = chat.encode(tokenizer, [{"messages": turns}])
    texts = [tokenizer.decode([token]) for token in ids.tolist()]
    runs, current = [], ""
    for text, wanted in zip(texts, mask, strict=True):
        current = current + text if wanted else current
        if not wanted and current:
            runs.append(current)
            current = ""
    assert [*runs, current] == ["1eno<|end|>", "2owt<|end|>"]


def test_the_tokenizer_says_what_transformers_itself_would(base: Path) -> None:
    """Ours is read from tokenizer.json alone; transformers chooses a class first."""
    from transformers import AutoTokenizer

    texts = [f"reverse {text} {i}<|end|> é" for i, text in enumerate(("one1", "zwölf", "\n\t", ""))]
    ours, theirs = bases.load_tokenizer(base), AutoTokenizer.from_pretrained(base)
    assert ours(texts).input_ids == theirs(texts).input_ids
    turns = [{"role": "user", "content": "reverse one1"}]
    rendered = [t.apply_chat_template(turns, tokenize=False, add_generation_prompt=True) for t in (ours, theirs)]
    assert rendered[0] == rendered[1]


def test_tokenizing_needs_no_torch(prepared: LocalRun) -> None:
    """It would take half of the gigabyte that a step may have."""
    script = "import sys, tokenize_dataset as t; t.program(); sys.exit('torch' in sys.modules)"
    command = [sys.executable, "-c", script, "--evaluations", str(prepared.folder / "evaluations")]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_prompt_is_read_alike_in_training_and_in_serving(base: Path) -> None:
    tokenizer = bases.load_tokenizer(base)
    row = {"prompt": "reverse one1", "completion": "1eno"}
    [(ids, mask)] = chat.encode(tokenizer, [row])
    asked = tokenizer.apply_chat_template(chat.messages(row)[:1], tokenize=False, add_generation_prompt=True)
    assert ids[: mask.argmax()].tolist() == tokenizer(asked, add_special_tokens=False)["input_ids"]


THINKS = (  # as Qwen3's writes an empty think block in front of the last answer
    "{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m.content }}{% if m.role == 'assistant' %}<|end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def test_what_a_template_writes_in_front_of_an_answer_belongs_to_the_prompt(base: Path) -> None:
    """In training as in serving, whatever the answer says."""
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = THINKS
    for answer in ("1eno", "think", "<think>\n\n</think>", "\n"):
        row = {"prompt": "reverse one1", "completion": answer}
        [(ids, mask)] = chat.encode(tokenizer, [row])
        assert tokenizer.decode(ids[mask].tolist()) == f"{answer}<|end|>\n"
        asked = chat.generation_prompt(tokenizer, chat.messages(row)[:1])
        assert asked == "<|user|>reverse one1<|assistant|><think>\n\n</think>\n\n"
        assert tokenizer.decode(ids[~mask].tolist()) == asked


@pytest.mark.parametrize(
    ("template", "ends"),
    [
        (THINKS, {"<|end|>"}),
        ("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}", set()),
        (None, {"<|end|>"}),
        ("{% for m in messages %}<|begin|>{{ m.content }}<|user|>\n{% endfor %}", {"<|user|>"}),
    ],
)
def test_the_tokens_that_end_an_answer(base: Path, template: str | None, ends: set[str]) -> None:
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = template
    assert {tokenizer.decode([token]) for token in chat.end_tokens(tokenizer)} == ends


def test_a_text_that_begins_with_the_begin_token_gets_no_second_one(base: Path) -> None:
    tokenizer = bases.load_tokenizer(base)
    tokenizer.add_special_tokens({"bos_token": "<|begin|>"})
    encoded = chat.encode(tokenizer, [{"text": "one two"}, {"text": "<|begin|>one two"}])
    assert [ids.tolist() for ids, _ in encoded] == [encoded[0][0].tolist()] * 2
    assert encoded[0][0].tolist().count(tokenizer.bos_token_id) == 1


def test_without_a_template_the_answer_follows_the_prompt(base: Path) -> None:
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = None
    [(ids, mask), (trained_ids, plain_mask)] = chat.encode(
        tokenizer, [{"prompt": "reverse one1", "completion": " 1eno"}, {"text": "one two"}]
    )
    assert tokenizer.decode(ids.tolist()) == "reverse one1 1eno<|end|>"
    assert tokenizer.decode(ids[mask].tolist()) == " 1eno<|end|>"
    assert (tokenizer.decode(trained_ids.tolist()), all(plain_mask)) == ("one two<|end|>", True)
    with pytest.raises(InputError, match="the base model's tokenizer has no chat template"):
        chat.encode(tokenizer, [{"messages": [{"role": "user", "content": "a"}]}])


def test_a_template_that_rewrites_earlier_turns_is_refused(base: Path) -> None:
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = "{{ messages|length }}{% for m in messages %}{{ m['content'] }}{% endfor %}"
    with pytest.raises(InputError, match="rewrites earlier turns"):
        chat.encode(tokenizer, [{"prompt": "a", "completion": "b"}])


def test_tokens_are_made_once_for_a_dataset_tokenizer_and_settings(
    prepared: LocalRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepared.facts("tokenize_dataset")
    place = prepared.objects / first["place"].removeprefix("s3://") / tokens.TABLE
    made = place.stat().st_mtime_ns
    monkeypatch.setenv("RUN_ID", "u2")
    prepared.prepare()
    again = prepared.facts("tokenize_dataset")
    assert (again["place"], again["reused"], place.stat().st_mtime_ns) == (first["place"], True, made)
    monkeypatch.setenv("SIZING", prepared.size(sequence=32))
    prepared.step("tokenize_dataset", "--evaluations", str(prepared.folder / "evaluations"))
    other = prepared.facts("tokenize_dataset")
    assert other["place"] != first["place"]
    assert not other["reused"]


@pytest.mark.parametrize(("cut", "dropped", "refused"), [(5, 0, False), (6, 2, True), (0, 6, True), (0, 0, False)])
def test_rows_that_are_too_long_have_a_limit(cut: int, dropped: int, refused: bool) -> None:
    manifest = {"cut": cut, "dropped": dropped, "rows": 100 - dropped, "sequence": 48}
    if not refused:
        tokenize_dataset.check_lengths(manifest, 0.05)
        return
    with pytest.raises(InputError, match=r"of 100 rows \(6.0%\) longer than 48 tokens, .*; at most 5.0% may be: "):
        tokenize_dataset.check_lengths(manifest, 0.05)


def test_a_dataset_of_long_rows_is_refused_before_it_is_trained_on(
    local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where an earlier run has made its tokens already."""
    monkeypatch.setenv("SIZING", local_run.size(sequence=10))
    assert local_run.step("prepare", "--held-out", "0.2") == 0
    for _ in range(2):
        assert local_run.step("tokenize_dataset", "--evaluations", str(local_run.folder / "evaluations")) == 65
        assert "longer than 10 tokens, " in last_message(capsys)


MOODY = (
    "{% for m in messages %}{% if 'bad' in m.content %}{{ raise_exception('no such word') }}{% endif %}"
    "<|{{ m.role }}|>{{ m.content }}{% if m.role == 'assistant' %}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def _refusing(local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refused: int) -> None:
    """A base model whose chat template refuses some of sixty rows."""
    folder = tmp_path / "moody"
    shutil.copytree(Path(local_run.model["weights"]), folder)
    (folder / "chat_template.jinja").write_text(MOODY)
    config = orjson.loads((folder / "tokenizer_config.json").read_bytes())
    config.pop("chat_template", None)
    (folder / "tokenizer_config.json").write_bytes(orjson.dumps(config))
    rows = [{"prompt": f"reverse {n}{' bad' if n < refused else ''}", "completion": str(n)} for n in range(60)]
    monkeypatch.setenv("DATASET", local_run.put(rows))
    monkeypatch.setenv("MODEL", local_run.model_facts(weights=str(folder)))
    assert local_run.step("prepare", "--held-out", "0.3") == 0


def test_a_row_that_the_template_refuses_is_named_and_left_out(
    local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _refusing(local_run, monkeypatch, tmp_path, 1)
    capsys.readouterr()
    assert local_run.step("tokenize_dataset", "--evaluations", str(tmp_path / "e"), "--bad-rows", "0.1") == 0
    shown = capsys.readouterr().err
    assert "line 1" in shown
    assert "the base model's chat template refuses it: TemplateError: no such word" in shown
    facts = local_run.facts("tokenize_dataset")
    card = orjson.loads((local_run.run / "dataset" / "card.json").read_bytes())["rows"]
    assert facts["rows"] + facts["bad"] == card["train"]


def test_too_many_rows_that_the_template_refuses(
    local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _refusing(local_run, monkeypatch, tmp_path, 30)
    assert local_run.step("tokenize_dataset", "--evaluations", str(tmp_path / "e"), "--bad-rows", "0.1") == 65
    assert last_message(capsys).startswith("the base model's chat template refuses ")


def test_a_tokenizer_that_is_larger_than_the_embeddings_is_refused_before_training(
    prepared: LocalRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "small"
    shutil.copytree(Path(prepared.model["weights"]), folder)
    config = orjson.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_bytes(orjson.dumps({**config, "vocab_size": 20}))
    monkeypatch.setenv("MODEL", prepared.model_facts(weights=str(folder)))
    monkeypatch.setenv("SIZING", prepared.size(sequence=40))  # other tokens than those that there are
    assert prepared.step("tokenize_dataset", "--evaluations", str(tmp_path / "e")) == 65
    message = last_message(capsys)
    assert message.startswith("MODEL: line ")
    assert "the model has embeddings for 20: its tokenizer is larger" in message
