"""The README.md beside promoted weights: base model, dataset, training, scores, and how to load them."""

from typing import Any

from runtime import settings
from runtime.words import plural

from trainer.scorecards import Score

TEXT = """---
library_name: transformers
pipeline_tag: text-generation
base_model: {base}
license: {licence}
---
# {name}

{method} fine-tuning of `{base}` by the pipeline `{project}/{pipeline}`, run `{run}`.

| | |
|---|---|
| dataset | `{dataset}` sha256:`{sha256}` |
| rows | {train} to train on, {held_out} held out |
| training | {steps}, {tokens}, last loss {loss:.4f}, learning rate {rate:g}, seed {seed} |
| chosen | the checkpoint of step {step} |
| {metric} | {value:.4f} (95 % {low:.4f} to {high:.4f}, n={n}); threshold {threshold:g} |
| {metric} of the base model | {before} |
| answers cut at the longest length | {cut} of {n} |

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForCausalLM.from_pretrained("FOLDER")
```

It was evaluated on that suite alone; expect less on other inputs.
"""


def write(
    name: str,
    model: dict[str, Any],
    prepared: dict[str, Any],
    trained: dict[str, Any],
    score: Score,
    base: Score,
    metric: str,
    threshold: float,
    run: settings.Run,
    cut: int,
) -> str:
    """Return the card's text."""  # fmt: skip
    plan = trained["plan"]
    return TEXT.format(
        name=name, base=model.get("name", "unnamed"), licence=model.get("licence", "other"),
        method={"full": "Full", "lora": "LoRA"}[plan["method"]], project=run.project, pipeline=run.pipeline,
        run=run.run_name, dataset=prepared["dataset"], sha256=prepared["sha256"], train=prepared["train"],
        held_out=prepared["held_out"], steps=plural(trained["steps"], "step"),
        tokens=plural(trained["tokens"], "token"), loss=trained["loss"], rate=plan["learning_rate"],
        seed=plan["seed"], step=score.step, metric=metric, value=score.value, low=score.low, high=score.high, n=score.n,
        threshold=threshold,
        before=f"{base.value:.4f}", cut=cut,
    )  # fmt: skip
