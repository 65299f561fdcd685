"""The pages of who is paged: each has its four parts, and each `dac` command in them is one that the tool takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from dac.cli import main

ROOT = Path(__file__).parents[2]
ALERTS = sorted(path for path in (ROOT / "docs/alerts").glob("*.md") if path.stem != "README")
PAGES = [ROOT / "docs/on-call.md", ROOT / "docs/alerts/README.md", *ALERTS]
COMMAND = re.compile(r"^(?:\.venv/bin/)?(dac .+)$", re.MULTILINE)
SPAN = re.compile(r"`(dac [^`\s]+ [^`\n]+)`")  # a bare `dac stop` in a sentence speaks of the command
# What a page writes for a name, and a name.
EXAMPLES = {
    "PROJECT": "python-docs",
    "PIPELINE": "search",
    "RUN": "search-1",
    "VERSION": "3",
    "RECEIPT": "README.md",
    "COMMIT": "HEAD",
}


def commands(page: Path) -> list[str]:
    """Return the `dac` commands of a page, in blocks and in its sentences."""
    text = page.read_text()
    blocks = "\n".join(re.findall(r"```\n(.*?)```", text, re.DOTALL))
    spans = SPAN.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return COMMAND.findall(blocks) + spans


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_tool_takes_every_command(page: Path) -> None:
    for line in commands(page):
        words = [re.sub(r"\b[A-Z]{3,}\b", lambda match: EXAMPLES[match[0]], word) for word in shlex.split(line)[1:]]
        # With what the program gives its commands: each keeps the options for its help that it was first asked with.
        group = click.Context(main, **main.context_settings)
        command = main.get_command(group, words[0])
        assert command is not None, f"{page.name}: {line}"
        arguments = [word.replace("README.md", str(ROOT / "README.md")) for word in words[1:]]
        try:
            command.make_context(words[0], arguments, parent=group)
        except click.UsageError as error:
            pytest.fail(f"{page.name}: {line}: {error.format_message()}")


@pytest.mark.parametrize("page", ALERTS, ids=lambda page: page.stem)
def test_a_page_of_an_alert_has_its_four_parts_in_order_and_a_command(page: Path) -> None:
    text = page.read_text()
    assert text.startswith("# " + "".join(word.capitalize() for word in page.stem.split("-")) + "\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["What it means", "Look", "Fix", "Prevent"]
    assert all(len(part.split()) > 5 for part in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:])
    assert "```" in text


def test_the_list_of_alerts_has_each_page_with_the_severity_of_its_rule() -> None:
    rows = re.findall(
        r"^\| \[\w+\]\(([\w-]+)\.md\) \| (\w+) \|", (ROOT / "docs/alerts/README.md").read_text(), re.MULTILINE
    )
    rules = ROOT / "standards/platform/observability/alerts"
    severity = {file.stem: re.findall(r"severity: (\w+)", file.read_text())[0] for file in rules.glob("*.yaml")}
    assert dict(rows) == severity
    assert len(rows) == len(severity)


def test_every_exit_code_of_the_contract_is_on_the_page() -> None:
    table = (ROOT / "docs/on-call.md").read_text().split("## Exit codes")[1].split("\n## ")[0]
    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == ["0", "65", "75", "137", "143"]
