"""One run as a standard's `estimate` describes it: its steps, and what is beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dac.estimate.actual import Actual
from dac.estimate.formula import MARGIN, Formula
from dac.estimate.pods import Pods, of_size, of_template
from dac.model.bounds import NOTHING, UNKNOWN, Bounds, total
from dac.model.estimate import Amounts

HOUR = 3600.0


class Run:
    """What a run takes.

    Where earlier runs are known, only steps that their receipts have are counted: the step that writes the receipt is
    in none, so that what is predicted is what is measured.

    Args:
        section: the standard's `estimate`.
        formula: evaluates it.
        size: the facts of the chosen size.
        template: the rendered ClusterWorkflowTemplate.
        unknown: takes a sentence for each thing that is not known.
    """

    def __init__(
        self,
        section: Mapping[str, Any],
        formula: Formula,
        size: Mapping[str, Any],
        template: Mapping[str, Any],
        unknown: list[str],
    ) -> None:
        self._section = section
        self._formula = formula
        self._size = size
        self._template = template
        self._unknown = unknown
        deadline = template.get("spec", {}).get("activeDeadlineSeconds")
        self._deadline = float(deadline) if isinstance(deadline, int | float) else None

    def predicted(self, prices: Mapping[str, Any]) -> Amounts:
        """Return what the run takes."""
        steps = {name: self._step(name, step) for name, step in self._steps()}
        span = self._span(steps) + self._between()
        return self._amounts(
            steps, span.within(self._deadline), self._amount("tokens"), self._amount("token_usd"), prices
        )

    def actual(self, past: Actual, prices: Mapping[str, Any]) -> Amounts:
        """Return what a run took, at the prices of today."""
        steps = {}
        for name, step in self._section.get("steps", {}).items():
            if name in past.steps:
                pods, _, share = self._step(name, step)
                steps[name] = pods, Bounds(past.steps[name], past.steps[name]), share
        span = UNKNOWN if past.seconds is None else Bounds(past.seconds, past.seconds)
        beside = [self._measured(name, past) for name in ("tokens", "token_usd")]
        return self._amounts(steps, span, beside[0], beside[1], prices)

    def _measured(self, name: str, past: Actual) -> Bounds:
        if name not in self._section:
            return NOTHING
        return Bounds(past.amounts[name], past.amounts[name]) if name in past.amounts else UNKNOWN

    def _amounts(
        self,
        steps: Mapping[str, tuple[Pods | None, Bounds, Bounds]],
        span: Bounds,
        tokens: Bounds,
        token_usd: Bounds,
        prices: Mapping[str, Any],
    ) -> Amounts:
        cpu, gpu, usd = NOTHING, NOTHING, token_usd
        for name, (pods, seconds, _) in steps.items():
            cpu += seconds.times(pods.cpus) if pods else UNKNOWN
            gpu += seconds.times(pods.gpu_count) if pods else UNKNOWN
            usd += self._usd(name, seconds, pods, prices) if pods else UNKNOWN
        return Amounts(span, cpu, gpu, tokens, usd)

    def _steps(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the steps that run with these decisions."""
        measured = {name for past in self._formula.past for name in past.steps}
        for name, step in self._section.get("steps", {}).items():
            if measured and name not in measured:
                continue
            try:
                if "when" in step and not self._formula.evaluate(str(step["when"]), self._formula.variables):
                    continue
            except ValueError as error:
                self._unknown.append(f"whether {name} is run: {error}")
            yield name, step

    def _step(self, name: str, step: Mapping[str, Any]) -> tuple[Pods | None, Bounds, Bounds]:
        """Return a step's pods, the seconds of all of them together, and what share of those goes by on the clock."""
        pods = self._pods(name, step)
        if pods is None:
            return None, UNKNOWN, Bounds(1.0, 1.0)
        number, missing = self._formula.bounds(str(step.get("number", "1")))
        measured = {i: past.steps[name] for i, past in enumerate(self._formula.past) if name in past.steps}
        seconds, why = self._formula.corrected(str(step["seconds"]), measured)
        cap = self._cap(pods, number.most)
        if why:
            limit = "" if cap is None else "; at most what deadlines allow"
            self._unknown.append(f"how long {name} takes: {why}{limit}")
        elif missing:
            self._unknown.append(f"how many pods {name} has: {missing}")
        return pods, seconds.within(cap), self._share(name, step, pods, number.most)

    def _pods(self, name: str, step: Mapping[str, Any]) -> Pods | None:
        try:
            return of_size(step["pods"], self._size) if "pods" in step else of_template(name, self._template)
        except ValueError as error:
            self._unknown.append(f"{name}: {error}")
            return None

    def _share(self, name: str, step: Mapping[str, Any], pods: Pods, number: float | None) -> Bounds:
        """Return the share that earlier runs had; of far more work, or without them, as many pods as may run."""
        before = enumerate(self._formula.past)
        shares = {index: share for index, past in before if (share := _share_of(past, name, pods.lanes))}
        at_once = 1 / max(1.0, min(float(pods.lanes), number or pods.lanes))
        if not shares:
            return Bounds(at_once, at_once)
        more = self._formula.is_more(str(step["seconds"]), shares)
        return Bounds(min([*shares.values(), *([at_once] if more else [])]), max(shares.values()))

    def _span(self, steps: Mapping[str, tuple[Pods | None, Bounds, Bounds]]) -> Bounds:
        """Return how long steps take one after the other; of each as many pods at once as may run."""
        beside = self._beside()
        return total([seconds * share for name, (_, seconds, share) in steps.items() if name not in beside])

    def _beside(self) -> set[str]:
        """Return the steps that take no time of their own: others run meanwhile."""
        return {name for name, step in self._section.get("steps", {}).items() if step.get("beside", False)}

    def _between(self) -> Bounds:
        """Return how long earlier runs took beside their steps: from the end of one to the start of the next."""
        beside = self._beside()
        steps = {name: self._pods(name, step) for name, step in self._section.get("steps", {}).items()}
        gaps = []
        for past in self._formula.past:
            own = {name: took for name, took in past.steps.items() if name not in beside}
            lanes = {name: pods.lanes if (pods := steps.get(name)) else 1 for name in own}
            clock = sum(took * (_share_of(past, name, lanes[name]) or 0.0) for name, took in own.items())
            if past.seconds is not None:
                gaps.append(max(0.0, past.seconds - clock))
        return Bounds(min(gaps) * (1 - MARGIN), max(gaps) * (1 + MARGIN)) if gaps else NOTHING

    def _cap(self, pods: Pods, number: float | None) -> float | None:
        """Return the most seconds of a step's pods together: by their own deadlines, or by the run's for each lane."""
        by_pods = None if pods.deadline is None or number is None else pods.deadline * number
        by_run = None if self._deadline is None else self._deadline * min(pods.lanes, number or pods.lanes)
        return min((cap for cap in (by_pods, by_run) if cap is not None), default=None)

    def _usd(self, name: str, seconds: Bounds, pods: Pods, prices: Mapping[str, Any]) -> Bounds:
        try:
            return seconds.times(pods.usd_an_hour(prices) / HOUR)
        except KeyError as error:
            self._unknown.append(f"what {name} costs: standards/catalog/prices.yaml has no {error.args[0]}")
            return UNKNOWN

    def _amount(self, name: str) -> Bounds:
        """Return one of the amounts beside the steps; nothing where the standard names none."""
        facts = self._section.get(name)
        if facts is None:
            return NOTHING
        measured = {i: past.amounts[name] for i, past in enumerate(self._formula.past) if name in past.amounts}
        amount, why = self._formula.corrected(str(facts["value"]), measured)
        limit, failed = self._formula.bounds(str(facts["most"])) if "most" in facts else (UNKNOWN, "")
        if why or failed:
            at_most = "; at most the size's limit" if limit.has_most else ""
            self._unknown.append(f"{name.replace('_', ' ')}: {why or failed}{at_most}")
        return amount.within(limit.most)


def _share_of(past: Actual, name: str, lanes: int) -> float:
    """Return how much of the seconds of a step's pods went by on the clock; 0 where it had none."""
    took = past.steps.get(name, 0.0)
    return max(past.longest[name], took / min(lanes, past.pods[name])) / took if took else 0.0
