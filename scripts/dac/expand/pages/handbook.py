"""policy/README.md: what every rule refuses and what to do about it, from the rules' own METADATA."""

from __future__ import annotations

from collections.abc import Sequence

from dac.model import Reason, Rule

PATH = "policy/README.md"
_HEAD = """\
# What is allowed

<!-- Rendered by dac render from the METADATA of policy/*/*.rego; edit those instead. -->

Schemas and the tool say what is well-formed; these rules say what is allowed. `dac check` starts conftest once, over
one document with the decisions, the rendered manifests of every project, the rendered template of every standard, and
the catalog. A finding points at the line that a person can change. Its code is `<folder>.<reason>`, and never changes
its meaning.

- **Limits and lists are data**: `limits` in a standard.yaml and
  `standards/catalog/{admission,owners,sizes,secrets}.yaml`. The cluster's admission policy is rendered from
  the same `admission.yaml` and the same patterns of arguments.
- **To add a rule**, write a folder `policy/<rule>/` with `<rule>.rego` (`package rules.<rule>`, a set `findings`,
  METADATA with `short_name`, `failure_msg` and `solution`) and `<rule>_test.rego`, and a case under
  `tests/cases/denied/`. Add to `tests/judge/test_every_rule_sees.py` a change of the real tree that makes the rule
  report something. Then run `dac render`.
- **To announce a rule**, write `denies_from: "YYYY-MM-DD"` into the METADATA of its finding: a warning until that day,
  an error from it on. `dac check --on DATE` and `dac backtest --on DATE` say who would fail then.
- **To exempt a project from a finding**, add an entry with the code, the value, a date, an owner and a reason to
  `policy/waivers.yaml` ([docs/review.md](../docs/review.md#waivers)).
"""


def handbook(rules: Sequence[Rule]) -> bytes:
    """Return the page, as Markdown."""
    rows = [f"| [{rule.name}](#{rule.name}) | {_cell(rule.title)} | {len(rule.reasons)} |" for rule in rules]
    table = "\n".join(["| rule | says | findings |", "|---|---|---|", *rows])
    return ("\n".join([_HEAD, table, *(_section(rule) for rule in rules)]) + "\n").encode()


def _section(rule: Rule) -> str:
    rows = [
        f"| `{reason.code}`{_weight(reason)} | {_cell(reason.message)} | {_cell(reason.solution)} |"
        for reason in rule.reasons
    ]
    table = "\n".join(["| code | says | what to do |", "|---|---|---|", *rows])
    return f"\n## {rule.name}\n\n{rule.title}. {rule.description}\n\n{table}"


def _weight(reason: Reason) -> str:
    if reason.denies_from:
        return f" (warning until {reason.denies_from})"
    return "" if reason.severity == "error" else f" ({reason.severity})"


def _cell(text: str) -> str:
    """Text in a table; what is in angle brackets would be taken for a tag."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("%v", "…").replace("%s", "…")
