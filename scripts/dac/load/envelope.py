"""What every decisions.yaml and every standard.yaml holds, whichever standard it is: the envelope, in pydantic."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, model_validator

from dac.model.effect_class import EffectClass
from dac.model.names import LABEL, LABEL_LENGTH

_WORD = r"^[a-z][a-z0-9_]*$"

Label = Annotated[str, StringConstraints(pattern=LABEL, max_length=LABEL_LENGTH)]
Word = Annotated[str, StringConstraints(pattern=_WORD, max_length=40)]


def _text_or_number(value: Any) -> Any:
    if type(value) not in (str, int, float):
        raise ValueError("neither text nor a number")
    return value


Text = Annotated[str, StringConstraints(min_length=1)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PipelineEnvelope(BaseModel):
    """One pipeline: its standard, and decisions that the standard's own schema speaks of."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    standard: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+@v[0-9]+$")]


class DecisionsEnvelope(_Closed):
    """The whole of a decisions.yaml."""

    owner: Label
    pipelines: Annotated[dict[Label, PipelineEnvelope], Field(min_length=1)]


class ParameterEnvelope(_Closed):
    """Where one argument of the template comes from."""

    value: Text
    pattern: Text
    description: Text
    by_hand: bool = False


class WaiverEnvelope(_Closed):
    """One exception to one rule."""

    rule: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
    path: Text
    value: Annotated[Any, PlainValidator(_text_or_number)]
    until: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    owner: Label
    reason: Annotated[str, StringConstraints(min_length=10)]


class WaiversEnvelope(_Closed):
    """The whole of policy/waivers.yaml."""

    waivers: list[WaiverEnvelope]


class FigureEnvelope(_Closed):
    """A figure that was measured, within bounds."""

    least: Annotated[float, Field(ge=0, strict=False)]
    most: Annotated[float, Field(ge=0, strict=False)]
    source: Text


class WorkEnvelope(_Closed):
    """An amount of work, and where decisions or the catalog say it, how much."""

    summary: Text
    value: Text = "0"
    actual: list[Text] = []
    whole: list[Text] = []


class StepEnvelope(_Closed):
    """The pods of a step, and how long they take together."""

    seconds: Text
    pods: Annotated[list[Word], Field(min_length=1)] = ["pod"]
    number: Text = "1"
    when: Text = "true"
    beside: bool = False


class AmountEnvelope(_Closed):
    """An amount beside the steps, and its limit."""

    value: Text
    most: Text = "0"
    actual: list[Text] = []


class EstimateEnvelope(_Closed):
    """What a run takes, before it has begun."""

    figures: dict[Word, FigureEnvelope] = {}
    work: dict[Word, WorkEnvelope] = {}
    steps: Annotated[dict[Word, StepEnvelope], Field(min_length=1)]
    alike: list[Word] = []
    tokens: AmountEnvelope | None = None
    token_usd: AmountEnvelope | None = None


class MoveEnvelope(_Closed):
    """What becomes of one decision: it moves, or goes."""

    to: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$")] | None = None
    drop: Text | None = None

    @model_validator(mode="after")
    def _either(self) -> MoveEnvelope:
        if (self.to is None) == (self.drop is None):
            raise ValueError("neither or both of to and drop")
        return self


class MigrationEnvelope(_Closed):
    """The whole of a migration.yaml."""

    version: Annotated[str, StringConstraints(pattern=r"^v[0-9]+$")] = Field(alias="from")
    means: Text
    effect_class: EffectClass = Field(alias="class", default=EffectClass.UNCLASSIFIED)
    decisions: dict[Word, MoveEnvelope] = {}
    add: dict[Word, Any] = {}


class StandardEnvelope(_Closed):
    """The whole of a standard.yaml."""

    name: Label
    version: Annotated[str, StringConstraints(pattern=r"^v[0-9]+$")]
    summary: Text
    decisions: dict[str, Any]
    parameters: Annotated[dict[Word, ParameterEnvelope], Field(min_length=1)]
    schedule: Text
    limits: dict[str, Any]
    service_account: Label
    checks: list[Word] = []
    estimate: EstimateEnvelope | None = None
