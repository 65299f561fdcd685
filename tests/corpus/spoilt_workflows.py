"""Changes to a pipeline (CronWorkflow) or to a run of it (Workflow): what it holds beside its arguments, and those."""

from __future__ import annotations

from random import Random
from typing import Any

from foreign import CRAFTED, KEYS, TEMPLATES
from mutations import Object, spoils

BOTH = ("pipeline", "run")


def workflow(of: Object) -> Object:
    """Return the spec of a Workflow, or the one that a CronWorkflow holds."""
    return of["spec"]["workflowSpec"] if of["kind"] == "CronWorkflow" else of["spec"]


def parameters(of: Object) -> list[dict[str, Any]]:
    return workflow(of)["arguments"]["parameters"]


@spoils(*BOTH)
def another_key(of: Object, random: Random) -> None:
    key = random.choice(sorted(KEYS))
    workflow(of)[key] = KEYS[key]


@spoils(*BOTH)
def templates_of_its_own(of: Object, random: Random) -> None:
    workflow(of).update(templates=TEMPLATES, entrypoint="main")
    if random.random() < 0.5:
        del workflow(of)["workflowTemplateRef"]


@spoils(*BOTH)
def another_entrypoint(of: Object, random: Random) -> None:
    workflow(of)["entrypoint"] = random.choice(["publish", "rollback", "finish"])


@spoils(*BOTH)
def pod_spec_patch(of: Object, random: Random) -> None:
    patch = random.choice(['{"containers":[{"name":"main","image":"evil"}]}', '{"hostPID":true}', "{}"])
    workflow(of)["podSpecPatch"] = patch


@spoils(*BOTH)
def hooks(of: Object, random: Random) -> None:
    workflow(of)["hooks"] = {random.choice(["exit", "running"]): {"template": "publish", "expression": "true"}}


@spoils(*BOTH)
def artifact_gc(of: Object, random: Random) -> None:
    patch = {"podSpecPatch": '{"hostNetwork":true}', "serviceAccountName": "default"}
    strategy = {"strategy": random.choice(["OnWorkflowCompletion", "OnWorkflowDeletion"])}
    workflow(of)["artifactGC"] = random.choice(
        [strategy, strategy | patch, {**strategy, "forceFinalizerRemoval": True}]
    )


@spoils(*BOTH)
def artifacts(of: Object, random: Random) -> None:
    source = random.choice([{"raw": {"data": "own"}}, {"http": {"url": "https://example.com"}}, {"s3": {"key": "own"}}])
    workflow(of)["arguments"]["artifacts"] = [{"name": "own", **source}]


@spoils(*BOTH)
def template_of_its_own(of: Object, random: Random) -> None:
    workflow(of)["workflowTemplateRef"]["name"] = random.choice(["own", "rag-indexing-v0", "dac-promoted"])


@spoils(*BOTH)
def template_of_another_standard(of: Object, random: Random) -> None:
    reference = workflow(of)["workflowTemplateRef"]
    standards = ["eval-suite-v1", "fine-tuning-v1", "rag-indexing-v1", "probe-v1"]
    reference["name"] = random.choice([name for name in standards if name != reference["name"]])


@spoils(*BOTH)
def template_of_the_namespace(of: Object, random: Random) -> None:
    reference = workflow(of)["workflowTemplateRef"]
    if random.random() < 0.5:
        reference["clusterScope"] = False
    else:
        del reference["clusterScope"]


@spoils(*BOTH)
def no_template(of: Object, random: Random) -> None:
    del workflow(of)["workflowTemplateRef"]


@spoils(*BOTH)
def argument_outside_its_pattern(of: Object, random: Random) -> None:
    random.choice(parameters(of))["value"] = random.choice(CRAFTED)


@spoils(*BOTH)
def argument_that_is_not_text(of: Object, random: Random) -> None:
    random.choice(parameters(of))["value"] = random.choice([["s3://docs"], {"a": "b"}])


@spoils(*BOTH)
def argument_from_elsewhere(of: Object, random: Random) -> None:
    name = {"name": "endpoints", "key": "objects"}
    parameter = random.choice(parameters(of))
    more = {
        "default": "own",
        "description": "own",
        "enum": [parameter["value"], "own"],
        "globalName": "own",
        "valueFrom": random.choice([{"configMapKeyRef": name}, {"expression": "workflow.name"}, {"supplied": {}}]),
    }
    key = random.choice(sorted(more))
    parameter[key] = more[key]


@spoils(*BOTH)
def argument_without_a_value(of: Object, random: Random) -> None:
    del random.choice(parameters(of))["value"]


@spoils(*BOTH)
def argument_without_a_name(of: Object, random: Random) -> None:
    del random.choice(parameters(of))["name"]


@spoils(*BOTH)
def argument_twice(of: Object, random: Random) -> None:
    parameters(of).append(dict(random.choice(parameters(of))))


@spoils(*BOTH)
def argument_of_no_standard(of: Object, random: Random) -> None:
    parameters(of).append({"name": random.choice(["image", "command", "entrypoint"]), "value": "own"})


@spoils(*BOTH)
def argument_left_out(of: Object, random: Random) -> None:
    held = parameters(of)
    held.remove(random.choice([parameter for parameter in held if parameter["name"] != "pipeline"]))


@spoils(*BOTH)
def argument_of_another_pipeline(of: Object, random: Random) -> None:
    next(p for p in parameters(of) if p["name"] == "pipeline")["value"] = random.choice(["other", "docs", "sibling"])


@spoils(*BOTH)
def argument_within_its_pattern(of: Object, random: Random) -> None:
    values = {
        "content": f"sha256:{random.randbytes(32).hex()}",
        "notify": f"#own-{random.randrange(1000)}",
    }
    parameter = random.choice([parameter for parameter in parameters(of) if parameter["name"] in values])
    parameter["value"] = values[parameter["name"]]


@spoils(*BOTH)
def label_of_its_own(of: Object, random: Random) -> None:
    of["metadata"].setdefault("labels", {})[random.choice(["example.com/team", "cost-centre"])] = "own"


@spoils(*BOTH)
def annotation_of_its_own(of: Object, random: Random) -> None:
    name = random.choice(["example.com/ticket", "note"])
    of["metadata"].setdefault("annotations", {})[name] = f"own {random.randrange(1000)}"


@spoils(*BOTH)
def label_that_steers(of: Object, random: Random) -> None:
    of["metadata"].setdefault("labels", {})[
        "workflows.argoproj.io/" + random.choice(["completed", "controller-instanceid", "phase", "test"])
    ] = "own"


@spoils(*BOTH)
def annotation_that_steers(of: Object, random: Random) -> None:
    names = ["pod-name-format", "title", "workflow-template"]
    of["metadata"].setdefault("annotations", {})["workflows.argoproj.io/" + random.choice(names)] = "v1"


@spoils(*BOTH)
def finalizer(of: Object, random: Random) -> None:
    names = ["example.com/keep", "workflows.argoproj.io/artifact-gc", "foregroundDeletion"]
    of["metadata"]["finalizers"] = [random.choice(names)]


@spoils(*BOTH)
def owner(of: Object, random: Random) -> None:
    kind = random.choice([("v1", "ConfigMap"), ("apps/v1", "Deployment"), ("argoproj.io/v1alpha1", "Workflow")])
    uid = f"00000000-0000-4000-8000-{random.randrange(16**12):012x}"
    of["metadata"]["ownerReferences"] = [{"apiVersion": kind[0], "kind": kind[1], "name": "own", "uid": uid}]


@spoils("run")
def state(of: Object, random: Random) -> None:
    of["status"] = random.choice(
        [
            {"storedWorkflowTemplateSpec": {"entrypoint": "main", "templates": TEMPLATES}},
            {"storedTemplates": {"cluster/rag-indexing-v1/publish": TEMPLATES[0]}},
            {"phase": random.choice(["Omitted", "Running", "Succeeded"])},
        ]
    )


@spoils("run")
def argument_set_by_hand(of: Object, random: Random) -> None:
    """Set what each standard lets a person set."""
    parameters(of)[:] = [parameter for parameter in parameters(of) if parameter["name"] != "commit"]
    parameters(of).append({"name": "commit", "value": random.randbytes(20).hex()})
