"""Write the report: one HTML page that needs nothing beside it, and Markdown for the pull request.

    python -m report

Environment: the run's. Reads its scorecard.json, samples.parquet and comparison.json, and the baseline's samples;
writes report.html and report.md under the run's folder. The page has at most 500 samples: regressions first, then
failures, then the others in the dataset's order, each with the answers of up to four other versions beside this one's:
the last that passed, the best one, and earlier runs of the same questions.
"""

import argparse
import re
from pathlib import Path
from typing import Any

import jinja2
import orjson
from evaluation import comparison, protocol, ratings, scorecard
from evaluation.versions import Version, beside
from runtime import log, objects, receipt, settings
from runtime.program import main
from runtime.words import plural

TEMPLATES = Path(__file__).parent / "templates"
MOST_SAMPLES = 500
MOST_TEXT = 4000
RANK = {"fail": 0, "inconclusive": 1, "pass": 2, None: 3}
WIDTH = 200
MARKS = re.compile(r"([\\`*_\[\]|~!])")  # what Markdown reads as more than text


def metric_rows(card: dict[str, Any], result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the scorecard's rows, regressions first, each with the coordinates of its drawn interval."""
    rows = []
    for name, entry in card["metrics"].items():
        against = result["metrics"].get(name)
        rows.append(
            {"name": name, **entry, "against": against, **(_coordinates(against, result["margin"]) if against else {})}
        )
    return sorted(rows, key=lambda row: (RANK[row["against"] and row["against"]["verdict"]], _difference(row)))


def _difference(row: dict[str, Any]) -> float:
    return float(row["against"]["difference"]) if row["against"] else 0.0


def _coordinates(against: dict[str, Any], margin: float) -> dict[str, float]:
    """Return x coordinates, 0 to WIDTH, of an interval's ends, its point, zero and the margin on one scale."""
    reach = 1.1 * max(abs(against["low"]), abs(against["high"]), margin)
    values = {"left": against["low"], "right": against["high"], "point": against["difference"], "zero": 0.0}
    return {name: round((value / reach + 1) * WIDTH / 2, 1) for name, value in {**values, "limit": -margin}.items()}


def sample_rows(run: settings.Run, result: dict[str, Any], others: list[Version]) -> list[dict[str, Any]]:
    """Return the samples for the page, at most 500, the worst first."""
    old: dict[str, dict[str, Any]] = {}
    if result["baseline"]:
        old = {row["id"]: row for row in scorecard.rows(result["baseline"]["address"])}
    rows = [_sample(row, old.get(row["id"])) for row in scorecard.rows(run.root)]
    order = sorted(range(len(rows)), key=lambda index: (rows[index]["rank"], index))
    shown = [rows[index] for index in order[:MOST_SAMPLES]]
    for version in others:
        answers = version.answers()
        for row in shown:
            row["others"].append((version.label, (answers.get(row["id"]) or "")[:MOST_TEXT]))
    return shown


def _sample(row: dict[str, Any], old: dict[str, Any] | None) -> dict[str, Any]:
    names = [name.removeprefix("score.") for name in row if name.startswith("score.") and row[name] is not None]
    gaps = {
        name: row[f"score.{name}"] - old[f"score.{name}"]
        for name in names
        if old and old.get(f"score.{name}") is not None
    }
    change = sum(gaps.values())
    kinds = [
        kind
        for kind, yes in (
            ("worse", change < 0),
            ("better", change > 0),
            ("failed", row["outcome"] != "answered"),
            ("cut", row.get("finish") in protocol.CUT),
        )
        if yes
    ]
    changes = ", ".join(f"{name} {gap:+.3g}" for name, gap in gaps.items() if gap)
    return {
        "id": row["id"],
        "ask": row["ask"][:MOST_TEXT],
        "answer": row["answer"][:MOST_TEXT],
        "others": [],
        "references": orjson.loads(row["references"]),
        "outcome": row["outcome"],
        "cut": row.get("finish") in protocol.CUT,
        "error": row["error"],
        "contexts": orjson.loads(row.get("contexts") or "[]"),
        "kind": " ".join(kinds),
        "change": f"{kinds[0]}: {changes}" if change else "",
        "scores": [f"{name} {row[f'score.{name}']:.3g}" for name in names],
        "reasons": [value for name, value in row.items() if name.startswith("reason.") and value],
        "rank": change if change < 0 else (0 if "failed" in kinds else 1),
    }


def version_rows(card: dict[str, Any], others: list[Version]) -> list[dict[str, Any]]:
    """Return the other versions with their values of this run's metrics."""
    return [
        {
            "label": each.label,
            "created": each.card["created"],
            "values": [each.value(name, entry["signature"]) for name, entry in card["metrics"].items()],
        }
        for each in others
    ]


def page(
    card: dict[str, Any],
    result: dict[str, Any],
    judge: dict[str, Any],
    samples: list[dict[str, Any]],
    versions: list[dict[str, Any]],
) -> str:
    """Return the HTML page; all text of models and datasets is escaped."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("report.html.j2")
    rows = metric_rows(card, result)
    return template.render(card=card, result=result, judge=judge, rows=rows, samples=samples, versions=versions)


def _cell(text: str) -> str:
    """Return a text of a model or a dataset for Markdown: it is shown as it is, links nothing and calls nobody."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;").replace("\n", " ")
    return MARKS.sub(r"\\\1", escaped)


def markdown(card: dict[str, Any], result: dict[str, Any]) -> str:
    """Return the scorecard as Markdown."""
    lines = [
        f"## {card['suite']}: {result['verdict']}", "", f"{_cell(result['reason'])}", "",
        f"{_cell(card['model'])} on {_cell(card['dataset']['name'])}: {card['samples']['answered']} answered, "
        f"{card['samples']['empty']} empty, {card['samples']['failed']} failed, "
        f"{card['samples'].get('cut', 0)} cut.", "",
        *(f"- {_cell(finding['message'])}" for finding in result.get("findings", [])), "",
        *([f"Answers from the index {_cell(card['corpus'])}.", ""] if "corpus" in card else []),
        "| metric | value | baseline | difference | verdict |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for row in metric_rows(card, result):
        value = f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
        if row["against"] is None:
            lines.append(f"| {row['name']} | {value} | none | | |")
            continue
        against = row["against"]
        gap = f"{against['difference']:+.3f} [{against['low']:+.3f}, {against['high']:+.3f}]"
        more = f" ({plural(against['more'], 'more sample')})" if against["more"] else ""
        alone = " (decides nothing)" if row["name"] in result.get("advisory", {}) else ""
        lines.append(
            f"| {row['name']} | {value} | {against['baseline']:.3f} | {gap} | {against['verdict']}{more}{alone} |"
        )
    return "\n".join(lines) + "\n"


def report() -> None:
    """Run the step."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run = settings.run()
    with receipt.part(run, "report") as part:
        card, result = scorecard.read(run.root), comparison.read(run.root)
        _, judge = ratings.read(run.root)
        others = beside(run, card, result)
        html = page(card, result, judge, sample_rows(run, result, others), version_rows(card, others))
        objects.write(f"{run.root}/report.html", html.encode())
        objects.write(f"{run.root}/report.md", markdown(card, result).encode())
        part.facts = {"page": f"{run.root}/report.html", "bytes": len(html)}
    log.info("reported", page=f"{run.root}/report.html")


if __name__ == "__main__":
    main("report", report)
