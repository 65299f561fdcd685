"""The one place where what runs take is estimated; every command that speaks of cost or duration asks it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dac.estimate.actual import Actual, actual_of
from dac.estimate.formula import Evaluate, Formula
from dac.estimate.pods import of_service
from dac.estimate.run import HOUR, Run
from dac.model import Pipeline, Standard
from dac.model.bounds import UNKNOWN, Bounds
from dac.model.estimate import NO_AMOUNT_KNOWN, Amounts, Estimate
from dac.model.standard import with_defaults
from dac.model.starts import Starts

Receipts = Sequence[Mapping[str, Any]]
_DECISION = re.compile(r"\bdecisions\.(\w+)")
MONTH = 30 * 24 * HOUR
NEWEST = 5  # runs that correct an estimate


class Estimator:
    """Estimates pipelines; those that decide alike are estimated once.

    Args:
        catalog: kind -> name -> facts.
        evaluate: CEL over that catalog; raises ValueError where an expression fails.
        template: a standard's rendered ClusterWorkflowTemplate; empty where there is none.
    """

    def __init__(
        self,
        catalog: Mapping[str, Mapping[str, Any]],
        evaluate: Evaluate,
        template: Callable[[Standard], Mapping[str, Any]],
    ) -> None:
        self._catalog = catalog
        self._evaluate = evaluate
        self._template = template
        self._starts_of = Starts()
        self._read: dict[int, _Reads] = {}  # kept with the standard, so that no other has its id
        self._kept: dict[tuple[int, str], Estimate] = {}

    def of(self, pipeline: Pipeline, standard: Standard) -> Estimate:
        """Estimate a pipeline whose decisions are valid, by nothing but what the tree says.

        Args:
            pipeline: what was decided.
            standard: that it uses; the very same object is known again.
        """
        decisions = with_defaults(pipeline.decisions, standard.decisions)
        if id(standard) not in self._read:
            self._read[id(standard)] = _reads_of(standard)
        reads = self._read[id(standard)]
        variables = self._variables(decisions, standard)
        chosen = [decisions.get(name) for name in reads.decisions]
        runs = [self._answer(when, variables) for when in reads.conditions]
        key = id(standard), json.dumps([chosen, runs], sort_keys=True, default=str)
        if key not in self._kept:
            self._kept[key] = self._estimate(decisions, standard, ())
        return self._kept[key]

    def corrected(self, pipeline: Pipeline, standard: Standard, receipts: Receipts, *, whole: bool = False) -> Estimate:
        """Estimate a pipeline by what its earlier runs with the same arguments took; as `of` where there are none.

        Args:
            pipeline: what was decided.
            standard: that it uses.
            receipts: of the pipeline, the newest first.
            whole: whether the run has everything to do anew, such as an index that is built from nothing.
        """
        decisions = with_defaults(pipeline.decisions, standard.decisions)
        return self._estimate(decisions, standard, self._alike(decisions, standard, receipts), whole=whole)

    def hindsight(
        self, pipeline: Pipeline, standard: Standard, receipts: Receipts, receipt: Mapping[str, Any]
    ) -> Amounts | None:
        """Return what a run would have been predicted to take, had it been known how much it would have to do.

        Args:
            pipeline: what was decided.
            standard: that it uses.
            receipts: of the pipeline, before the run, the newest first.
            receipt: the run's.

        Returns:
            the amounts; None where it did not succeed, or no run before it had the same arguments.
        """
        decisions = with_defaults(pipeline.decisions, standard.decisions)
        past, alike = actual_of(receipt, standard.estimate), self._alike(decisions, standard, receipts)
        if past is None or not alike:
            return None
        run = self._run(decisions, standard, alike, [], whole=False, fixed=past.work)
        return run.predicted(self._catalog.get("prices", {}))

    def actual(self, pipeline: Pipeline, standard: Standard, receipt: Mapping[str, Any]) -> Amounts | None:
        """Return what a run took, at the prices of today; None where it did not succeed, or nothing estimates it.

        Args:
            pipeline: what is decided now.
            standard: that it uses.
            receipt: the run's; it names the size that the run had.
        """
        past = actual_of(receipt, standard.estimate)
        if past is None or not standard.estimate:
            return None
        decisions = {**with_defaults(pipeline.decisions, standard.decisions), "size": receipt.get("size", "")}
        return self._run(decisions, standard, (), [], whole=False).actual(past, self._catalog.get("prices", {}))

    def _estimate(
        self, decisions: Mapping[str, Any], standard: Standard, past: Sequence[Actual], *, whole: bool = False
    ) -> Estimate:
        unknown: list[str] = []
        count, by_hand = self._starts(decisions, standard, unknown)
        standing = self._standing(str(decisions.get("serve", "")), unknown)
        if not standard.estimate:
            why = f"{standard.ref} has no estimate (add one to {standard.folder}/standard.yaml)"
            return Estimate(NO_AMOUNT_KNOWN, count, by_hand, (*unknown, why), standing)
        run = self._run(decisions, standard, past, unknown, whole=whole)
        amounts = run.predicted(self._catalog.get("prices", {}))
        return Estimate(amounts, count, by_hand, tuple(dict.fromkeys(unknown)), standing)

    def _standing(self, service: str, unknown: list[str]) -> Amounts:
        """Return what the pods of a search service take in thirty days; nothing where none is decided."""
        facts = self._catalog.get("services", {}).get(service, {})
        if "replicas" not in facts:
            return Amounts()
        pods, prices = of_service(facts), self._catalog.get("prices", {})
        cpu = facts["replicas"] * pods.cpus * MONTH
        try:
            usd = Bounds(*[facts["replicas"] * pods.usd_an_hour(prices) * MONTH / HOUR] * 2)
        except KeyError as error:
            unknown.append(f"what its search service costs: standards/catalog/prices.yaml has no {error.args[0]}")
            usd = UNKNOWN
        return Amounts(cpu_seconds=Bounds(cpu, cpu), usd=usd)

    def _run(
        self,
        decisions: Mapping[str, Any],
        standard: Standard,
        past: Sequence[Actual],
        unknown: list[str],
        *,
        whole: bool,
        fixed: Mapping[str, float] = MappingProxyType({}),
    ) -> Run:
        section, variables = standard.estimate, self._variables(decisions, standard)
        figures = {n: Bounds(float(f["least"]), float(f["most"])) for n, f in section.get("figures", {}).items()}
        formula = Formula(self._evaluate, variables, figures, {}, past)
        work = {name: _ahead(formula, name, facts, whole) for name, facts in section.get("work", {}).items()}
        work |= {name: Bounds(amount, amount) for name, amount in fixed.items()}
        formula = Formula(self._evaluate, formula.variables, figures, work, [_with_work(p, work) for p in past])
        return Run(section, formula, variables["size"], self._template(standard), unknown)

    def _variables(self, decisions: Mapping[str, Any], standard: Standard) -> dict[str, Any]:
        """Return what the expressions of an estimate read, but for its figures and work."""
        size = self._catalog.get("sizes", {}).get(str(decisions.get("size", "")), {})
        return {"decisions": decisions, "size": size, "limits": standard.limits}

    def _answer(self, condition: str, variables: Mapping[str, Any]) -> Any:
        """Return what a step's `when` gives, or why it gives nothing: nothing else counts of what it alone reads."""
        try:
            return self._evaluate(condition, variables)
        except ValueError as error:
            return [str(error)]

    def _alike(self, decisions: Mapping[str, Any], standard: Standard, receipts: Receipts) -> list[Actual]:
        """Return the newest runs that succeeded with the arguments that say how long a piece of work takes."""
        names = standard.estimate.get("alike", [])
        try:
            now = {n: self._evaluate(standard.parameters[n].value, {"decisions": decisions}) for n in names}
        except (ValueError, KeyError):
            return []
        actuals = [actual_of(receipt, standard.estimate) for receipt in receipts]
        alike = [a for a in actuals if a and all(a.arguments.get(name) == now[name] for name in names)]
        return alike[:NEWEST]

    def _starts(self, decisions: Mapping[str, Any], standard: Standard, unknown: list[str]) -> tuple[Bounds, bool]:
        try:
            schedule = self._evaluate(standard.schedule, {"decisions": decisions})
            if schedule["suspend"]:
                return Bounds(1.0, 1.0), True
            return self._starts_of.of(schedule["cron"], schedule["timezone"]), False
        except (ValueError, KeyError, TypeError) as error:
            unknown.append(f"how often it starts: {error}")
            return UNKNOWN, False


@dataclass(frozen=True, slots=True)
class _Reads:
    """What the estimate of a standard depends on beside the catalog.

    Attributes:
        standard: that it is about.
        decisions: the names of those whose value its expressions read, except the conditions of steps.
        conditions: each `when` of its steps; what it reads may be another in each pipeline, and its answer the same.
    """

    standard: Standard
    decisions: list[str]
    conditions: list[str]


def _reads_of(standard: Standard) -> _Reads:
    steps = standard.estimate.get("steps", {})
    unconditional = {name: {key: step[key] for key in step if key != "when"} for name, step in steps.items()}
    text = standard.schedule + json.dumps({**standard.estimate, "steps": unconditional})
    conditions = sorted({str(step["when"]) for step in steps.values() if "when" in step})
    return _Reads(standard, sorted({"serve", "size", *_DECISION.findall(text)}), conditions)


def _ahead(formula: Formula, name: str, facts: Mapping[str, Any], whole: bool) -> Bounds:
    """Return how much of a kind of work the next run has: by decisions and catalog, or else by the newest run."""
    if "value" in facts:
        return formula.bounds(str(facts["value"]))[0]
    for past in formula.past[:1]:
        if name in past.whole:
            return Bounds(past.whole[name] if whole else 0.0, past.whole[name])
        if name in past.work:
            return Bounds(past.work[name], past.work[name])
    return UNKNOWN


def _with_work(past: Actual, work: Mapping[str, Bounds]) -> Actual:
    """Return an earlier run with the work that decisions and catalog say, where its receipt does not."""
    same = {name: bounds.least for name, bounds in work.items() if bounds.least == bounds.most}
    return replace(past, work={**same, **past.work})
