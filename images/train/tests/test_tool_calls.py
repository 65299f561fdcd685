"""Rows with tools: read as exporters write them, learned where the assistant calls or answers, never dropped."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from runtime import contract, settings
from support import LocalRun, last_message
from trainer import bases, chat, rows, suite, tool_calls

# As Qwen2.5's template has them, but for its wording.
TEMPLATE = (
    "{% if tools %}<|system|>tools: {% for tool in tools %}{{ tool | tojson }}{% endfor %}<|end|>{% endif %}"
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}"
    "{% for call in m.tool_calls %}<call>{{ call.function.name }} {{ call.function.arguments | tojson }}</call>"
    "{% endfor %}"
    "<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
WITHOUT_TOOLS = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "of a city", "parameters": {"type": "object"}},
}
CALL = {"type": "function", "function": {"name": "weather", "arguments": {"city": "Paris"}}}
ROW = {
    "tools": [TOOL],
    "messages": [
        {"role": "user", "content": "in Paris?"},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "content": "18 C"},
        {"role": "assistant", "content": "It is 18 degrees."},
    ],
}
ANSWERS = ['<call>weather {"city": "Paris"}</call><|end|>', "It is 18 degrees.<|end|>"]


def _read(folder: Path, value: dict[str, Any], name: str = "rows.jsonl") -> tuple[Any, str]:
    path = folder / name
    if name.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist([value]), path)
    else:
        path.write_text(json.dumps(value) + "\n")
    ((_, row, problem),) = rows.read(str(path))
    return row, problem or rows.problem(row)


def _with_calls(calls: Any, content: Any = "", tools: Any = ROW["tools"]) -> dict[str, Any]:
    turns = [dict(turn) for turn in ROW["messages"]]
    turns[1] = {"role": "assistant", "content": content, "tool_calls": calls}
    return {"tools": tools, "messages": turns}


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.parquet"])
@pytest.mark.parametrize(
    "row",
    [
        ROW,
        _with_calls([CALL], None),
        _with_calls([{**CALL, "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}]),
        _with_calls(json.dumps([CALL])),
        _with_calls([CALL["function"]]),  # the functions alone
        _with_calls([CALL], tools=json.dumps([TOOL])),
        _with_calls([CALL], tools=json.dumps([TOOL["function"]])),
    ],
)
def test_tools_are_read_as_exporters_write_them(tmp_path: Path, name: str, row: dict[str, Any]) -> None:
    assert _read(tmp_path, row, name) == (ROW, "")


def test_what_arrow_fills_in_is_no_argument(tmp_path: Path) -> None:
    """Two calls with other arguments are one type of structure in Parquet, each with the other's fields as null."""
    other = {"type": "function", "function": {"name": "weather", "arguments": {"unit": "C"}}}
    assert _read(tmp_path, _with_calls([CALL, other]), "rows.parquet") == (_with_calls([CALL, other]), "")


def test_llama_factorys_turns(tmp_path: Path) -> None:
    turns = [
        {"from": "human", "value": "in Paris?"},
        {"from": "function_call", "value": '{"name": "weather", "arguments": {"city": "Paris"}}'},
        {"from": "observation", "value": "18 C"},
        {"from": "gpt", "value": "It is 18 degrees."},
    ]
    assert _read(tmp_path, {"conversations": turns, "tools": json.dumps([TOOL["function"]])}) == (ROW, "")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (_with_calls([{"type": "function", "function": {"name": "forecast", "arguments": {}}}]),
         "messages: forecast is called, and is not among the row's tools"),
        (_with_calls([{**CALL, "function": {"name": "weather", "arguments": "{city"}}]),
         "messages/1/tool_calls/0/function/arguments: '{city' is not of type 'object'"),
        (_with_calls("look it up"), "messages/1/tool_calls: 'look it up' is not of type 'array'"),
        ({**ROW, "tools": "weather"}, "tools: 'weather' is not of type 'array'"),
        ({"messages": [{"role": "user", "content": "q", "tool_calls": [CALL]}, ROW["messages"][3]]},
         "messages/0: the user calls no tool; tool_calls belong to the assistant"),
        ({"messages": [{"role": "user", "content": "q", "name": "eve"}, ROW["messages"][3]]},
         "messages/0: tool_call_id and name belong to a turn of the role tool"),
        ({"messages": ROW["messages"][:3]},
         "messages: the last message must be the assistant's; there is no answer to learn from"),
        ({"text": "a", "tools": [TOOL]},
         "tools: a text has its tools written in it; leave the column out, or give messages"),
    ],
)  # fmt: skip
def test_tools_that_cannot_be_read(tmp_path: Path, row: dict[str, Any], problem: str) -> None:
    assert _read(tmp_path, row)[1] == problem


def _learned(base: Path, template: str, row: dict[str, Any]) -> list[str]:
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = template
    rendered = chat.render(tokenizer, row)
    return [rendered.text[start:end] for start, end in rendered.answers]


def test_the_call_and_the_answer_are_learned(base: Path) -> None:
    assert _learned(base, TEMPLATE, ROW) == ANSWERS


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROW, "does not write the call of weather"),
        ({**ROW, "messages": [ROW["messages"][0], ROW["messages"][3]]}, "does not write the tool weather"),
    ],
)
def test_a_template_that_knows_no_tools_refuses_the_row(base: Path, row: dict[str, Any], reason: str) -> None:
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = WITHOUT_TOOLS
    assert reason in chat.problem(tokenizer, row)


def test_a_template_that_drops_results_refuses_the_row(base: Path) -> None:
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = TEMPLATE.replace("{{ m.content }}", "{% if m.role != 'tool' %}{{ m.content }}{% endif %}")
    assert "does not write the result of a tool" in chat.problem(tokenizer, ROW)


def test_rows_that_differ_in_a_call_or_a_tool_alone_are_two() -> None:
    paris = _with_calls([CALL])
    rome = _with_calls([{"type": "function", "function": {"name": "weather", "arguments": {"city": "Rome"}}}])
    bare = {"messages": paris["messages"]}
    assert len({rows.digest(row) for row in (paris, rome, bare)}) == 3
    assert len({rows.side(row) for row in (paris, rome, bare)}) == 1, "they ask one question"
    assert tool_calls.names(paris) == ({"weather"}, {"weather"})


PARIS = {"name": "weather", "arguments": {"city": "Paris"}}
JSON_CALL = json.dumps(PARIS)
LLAMA_CALL = '{"name": "weather", "parameters": {"city": "Paris"}}'


@pytest.mark.parametrize(
    ("text", "content", "calls"),
    [
        (f"<tool_call>\n{JSON_CALL}\n</tool_call>", "", [PARIS]),  # Hermes, Qwen
        (f"Let me look.\n<tool_call>\n{JSON_CALL}\n</tool_call>\n<tool_call>\n{JSON_CALL}\n</tool_call>",
         "Let me look.", [PARIS, PARIS]),
        (LLAMA_CALL, "", [PARIS]),
        (f"[TOOL_CALLS] [{JSON_CALL}]", "", [PARIS]),  # Mistral
        ('<call>weather {"city": "Paris"}</call>', "", [PARIS]),
        ('weather\n```json\n{"city": "Paris"}\n```', "", [PARIS]),  # DeepSeek
        ('It is {"warm": true} in Paris.', 'It is {"warm": true} in Paris.', []),
        (JSON_CALL.replace("weather", "forecast"), JSON_CALL.replace("weather", "forecast"), []),  # not offered
        ("<tool_call>\n{broken", "<tool_call>\n{broken", []),
    ],
)  # fmt: skip
def test_calls_are_read_from_what_a_model_writes(text: str, content: str, calls: list[dict[str, Any]]) -> None:
    assert tool_calls.written(text, [TOOL]) == (content, calls)


def test_held_out_rows_with_tools_are_asked(
    base: Path, local_run: LocalRun, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those whose calls would be read from an answer that writes them as the template does; the others are counted."""
    tokenizer = bases.load_tokenizer(base)
    call, answer = {**ROW, "messages": ROW["messages"][:2]}, ROW
    place = local_run.run / "dataset/held_out.jsonl"
    place.parent.mkdir(parents=True)
    place.write_text("".join(json.dumps({**row, "line": n}) + "\n" for n, row in enumerate((call, answer), 1)))
    run = settings.run()
    tokenizer.chat_template = TEMPLATE
    assert list(suite.held_out(run, tokenizer)) == [
        {"id": "line-1", "messages": ROW["messages"][:1], "tools": [TOOL], "calls": [PARIS]},
        {"id": "line-2", "messages": ROW["messages"][:3], "tools": [TOOL], "calls": [],
         "references": ["It is 18 degrees."]},
    ]  # fmt: skip
    contract.check("sample", next(suite.held_out(run, tokenizer)), "held out")
    tokenizer.chat_template = TEMPLATE.replace("{{ call.function.arguments | tojson }}", "city=Paris")
    assert [each["id"] for each in suite.held_out(run, tokenizer)] == ["line-2"]
    assert (
        "1 held-out row with calls that are not read from what the base model's chat template writes"
        in last_message(capsys)
    )


MARKED = (  # as templates for SmolLM3 and Qwen3 mark answers; the thoughts of earlier turns are taken out again
    "{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' %}{% generation %}"
    "{% if not loop.last and '</think>' in m.content %}{{ m.content.split('</think>')[-1] }}"
    "{% else %}{{ m.content }}{% endif %}"
    "<|end|>{% endgeneration %}{% else %}{{ m.content }}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
THOUGHTS = {
    "messages": [
        {"role": "user", "content": "one"}, {"role": "assistant", "content": "<think>hm</think>1"},
        {"role": "user", "content": "two"}, {"role": "assistant", "content": "<think>ah</think>2"},
    ]
}  # fmt: skip


def test_a_template_that_marks_answers_is_taken_at_its_word(base: Path) -> None:
    """It rewrites earlier turns, which without its marks would be refused."""
    assert _learned(base, MARKED, THOUGHTS) == ["1<|end|>", "<think>ah</think>2<|end|>"]
    unmarked = MARKED.replace("{% generation %}", "").replace("{% endgeneration %}", "")
    with pytest.raises(chat.InputError, match=r"rewrites earlier turns.*\{% generation %\}"):
        _learned(base, unmarked, THOUGHTS)


def test_the_mask_of_marked_answers_is_transformers_own(base: Path) -> None:
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = MARKED
    [(ids, mask)] = chat.encode(tokenizer, [THOUGHTS])
    theirs = tokenizer.apply_chat_template(THOUGHTS["messages"], return_dict=True, return_assistant_tokens_mask=True)
    assert (ids.tolist(), mask.astype(int).tolist()) == (theirs["input_ids"], theirs["assistant_masks"])


def test_a_marked_template_teaches_the_end_that_stands_within_its_marks(base: Path) -> None:
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = MARKED
    assert {tokenizer.decode([token]) for token in chat.end_tokens(tokenizer)} == {"<|end|>"}
    tokenizer.chat_template = MARKED.replace("<|end|>{% endgeneration %}", "{% endgeneration %}<|end|>")
    assert chat.end_tokens(tokenizer) == set()


def test_marks_around_nothing_refuse_the_row(base: Path) -> None:
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = "{% for m in messages %}{{ m.content }}{% generation %}{% endgeneration %}{% endfor %}"
    assert "its {% generation %} marks no answer of the row" in chat.problem(tokenizer, THOUGHTS)
