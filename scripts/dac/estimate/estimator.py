"""The one place where what runs take is estimated; every command that speaks of cost or duration asks it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dac.estimate.formula import Evaluate, Formula
from dac.estimate.pods import Pods, of_size, of_template
from dac.model import Pipeline, Standard
from dac.model.bounds import NOTHING, UNKNOWN, Bounds, total
from dac.model.estimate import NO_AMOUNT_KNOWN, Amounts, Estimate
from dac.model.standard import with_defaults
from dac.model.starts import Starts

_DECISION = re.compile(r"\bdecisions\.(\w+)")
_HOUR = 3600.0


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
        self._read: dict[int, tuple[Standard, list[str]]] = {}  # kept with the standard, so that no other has its id
        self._kept: dict[tuple[int, str], Estimate] = {}

    def of(self, pipeline: Pipeline, standard: Standard) -> Estimate:
        """Estimate a pipeline whose decisions are valid.

        Args:
            pipeline: what was decided.
            standard: that it uses; the very same object is known again.
        """
        decisions = with_defaults(pipeline.decisions, standard.decisions)
        if id(standard) not in self._read:
            text = standard.schedule + json.dumps(standard.estimate)
            self._read[id(standard)] = standard, sorted({"size", *_DECISION.findall(text)})
        chosen = [decisions.get(name) for name in self._read[id(standard)][1]]
        key = id(standard), json.dumps(chosen, sort_keys=True, default=str)
        if key not in self._kept:
            self._kept[key] = self._estimate(decisions, standard)
        return self._kept[key]

    def _estimate(self, decisions: Mapping[str, Any], standard: Standard) -> Estimate:
        unknown: list[str] = []
        count, by_hand = self._starts(decisions, standard, unknown)
        if not standard.estimate:
            why = f"{standard.ref} has no estimate (add one to {standard.folder}/standard.yaml)"
            return Estimate(NO_AMOUNT_KNOWN, count, by_hand, (*unknown, why))
        size = self._catalog.get("sizes", {}).get(str(decisions.get("size", "")), {})
        run = _Run(standard, self._formula(decisions, standard, size), size, self._template(standard), unknown)
        return Estimate(run.amounts(self._catalog.get("prices", {})), count, by_hand, tuple(dict.fromkeys(unknown)))

    def _starts(self, decisions: Mapping[str, Any], standard: Standard, unknown: list[str]) -> tuple[Bounds, bool]:
        try:
            schedule = self._evaluate(standard.schedule, {"decisions": decisions})
            if schedule["suspend"]:
                return Bounds(1.0, 1.0), True
            return self._starts_of.of(schedule["cron"], schedule["timezone"]), False
        except (ValueError, KeyError, TypeError) as error:
            unknown.append(f"how often it starts: {error}")
            return UNKNOWN, False

    def _formula(self, decisions: Mapping[str, Any], standard: Standard, size: Mapping[str, Any]) -> Formula:
        section = standard.estimate
        figures = {n: Bounds(float(f["least"]), float(f["most"])) for n, f in section.get("figures", {}).items()}
        formula = Formula(self._evaluate, {"decisions": decisions, "size": size}, figures, {})
        work = {name: _ahead(formula, facts) for name, facts in section.get("work", {}).items()}
        return Formula(self._evaluate, formula.variables, figures, work)


def _ahead(formula: Formula, facts: Mapping[str, Any]) -> Bounds:
    """Return how much of a kind of work a run has, as far as decisions and catalog say."""
    return formula.bounds(str(facts["value"]))[0] if "value" in facts else UNKNOWN


class _Run:
    """One run: its steps, and what is beside them.

    Args:
        standard: whose `estimate` is read.
        formula: evaluates it.
        size: the facts of the chosen size.
        template: the rendered ClusterWorkflowTemplate.
        unknown: takes a sentence for each thing that is not known.
    """

    def __init__(
        self,
        standard: Standard,
        formula: Formula,
        size: Mapping[str, Any],
        template: Mapping[str, Any],
        unknown: list[str],
    ) -> None:
        self._section = standard.estimate
        self._formula = formula
        self._size = size
        self._template = template
        self._unknown = unknown
        deadline = template.get("spec", {}).get("activeDeadlineSeconds")
        self._deadline = float(deadline) if isinstance(deadline, int | float) else None

    def amounts(self, prices: Mapping[str, Any]) -> Amounts:
        """Return what the run takes."""
        spans: list[Bounds] = []
        cpu: list[Bounds] = []
        gpu: list[Bounds] = []
        money: list[Bounds] = [self._amount("token_usd")]
        for name, step in self._steps():
            pods, seconds, lanes = self._step(name, step)
            if not step.get("beside", False):
                spans.append(seconds.times(1 / lanes))
            if pods is None:
                for amounts in (cpu, gpu, money):
                    amounts.append(UNKNOWN)
                continue
            cpu.append(seconds.times(pods.cpus))
            gpu.append(seconds.times(pods.gpu_count))
            money.append(self._usd(name, seconds, pods, prices))
        whole = total(spans).within(self._deadline)
        return Amounts(whole, total(cpu), total(gpu), self._amount("tokens"), total(money))

    def _steps(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the steps that run with these decisions."""
        for name, step in self._section.get("steps", {}).items():
            try:
                if "when" in step and not self._formula.evaluate(str(step["when"]), self._formula.variables):
                    continue
            except ValueError as error:
                self._unknown.append(f"whether {name} is run: {error}")
            yield name, step

    def _step(self, name: str, step: Mapping[str, Any]) -> tuple[Pods | None, Bounds, float]:
        """Return a step's pods, the seconds of all of them together, and how many run at once."""
        try:
            pods = of_size(step["pods"], self._size) if "pods" in step else of_template(name, self._template)
        except ValueError as error:
            self._unknown.append(f"{name}: {error}")
            return None, UNKNOWN, 1.0
        number, missing = self._formula.bounds(str(step.get("number", "1")))
        seconds, why = self._formula.bounds(str(step["seconds"]))
        cap = self._cap(pods, number.most)
        if why:
            limit = "" if cap is None else "; at most what deadlines allow"
            self._unknown.append(f"how long {name} takes: {why}{limit}")
        elif missing:
            self._unknown.append(f"how many pods {name} has: {missing}")
        return pods, seconds.within(cap), max(1.0, min(float(pods.lanes), number.most or pods.lanes))

    def _cap(self, pods: Pods, number: float | None) -> float | None:
        """Return the most seconds of a step's pods together: by their own deadlines, or by the run's for each lane."""
        by_pods = None if pods.deadline is None or number is None else pods.deadline * number
        by_run = None if self._deadline is None else self._deadline * min(pods.lanes, number or pods.lanes)
        return min((cap for cap in (by_pods, by_run) if cap is not None), default=None)

    def _usd(self, name: str, seconds: Bounds, pods: Pods, prices: Mapping[str, Any]) -> Bounds:
        try:
            return seconds.times(pods.usd_an_hour(prices) / _HOUR)
        except KeyError as error:
            self._unknown.append(f"what {name} costs: standards/catalog/prices.yaml has no {error.args[0]}")
            return UNKNOWN

    def _amount(self, name: str) -> Bounds:
        """Return one of the amounts beside the steps; nothing where the standard names none."""
        facts = self._section.get(name)
        if facts is None:
            return NOTHING
        amount, why = self._formula.bounds(str(facts["value"]))
        limit, failed = self._formula.bounds(str(facts["most"])) if "most" in facts else (UNKNOWN, "")
        if why or failed:
            at_most = "; at most the size's limit" if limit.has_most else ""
            self._unknown.append(f"{name.replace('_', ' ')}: {why or failed}{at_most}")
        return amount.within(limit.most)
