"""Each part of the admission policies has a request of the smoke tests that fails without it.

On policies of its own, and namespaces, one expression after another is replaced by what decides nothing, one resource
and one operation left out; then the requests are made again that the smoke tests make in dry runs, and the corpus'.
What refuses less has to let one of them through; of a variable, or of a condition that no longer spares anybody, the
verdict on one has to change. DAC_SEED and DAC_MUTANTS choose the corpus; DAC_POLICY a policy by a part of its name.
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from harness.corpus import module
from harness.kube import Kube, Refused, say
from harness.mutated import World, world

SEED = int(os.environ.get("DAC_SEED", "20261128"))
COUNT = min(int(os.environ.get("DAC_MUTANTS", "300")), 300)  # each is offered again for many of the policies' mutants
# What no request can show, and why it stays.
UNSEEN = {
    "corpus-dac-templates: UPDATE is left out of operations, of workflowtemplates, workfloweventbindings": (
        "none can be made, so that there is none to change; one could be there from before the policy"
    ),
    (
        "corpus-dac-run-arguments: validation 2 passes: !variables.mine || "
        "object.spec.?workflowTemplateRef.?name.orValue('') == variables.template.name"
    ): "no two templates of today take the same arguments, so that another's are refused; a v2 beside its v1 may",
    'corpus-dac-runs: validation 4 passes: variables.ref.all(k, k in ["name", "clusterScope"])': (
        "the definition of a Workflow has no other key, and drops one; Argo's minimal definitions keep any"
    ),
}
CHOSEN = os.environ.get("DAC_POLICY", "")


@pytest.fixture(scope="module")
def here(kube: Kube, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(kube, tmp_path_factory.mktemp("mutated"), SEED, COUNT) as here:
        say("%d requests: refused by %s", len(here.asks), dict(Counter(here.verdicts.values())))
        yield here


def test_every_part_of_a_policy_is_noticed_when_it_is_missing(here: World) -> None:
    unnoticed = []
    for name, policy in here.policies.items():
        if CHOSEN not in name:
            continue
        tried = 0
        for mutant in module("policy_mutants").mutants(policy):
            try:
                here.put(mutant.object)
            except Refused as refused:
                if "is invalid" not in str(refused):
                    raise
                continue  # of another type than the variable's
            tried += 1
            request = here.noticed(name, mutant.weaker)
            say("%s: %s: %s", name, mutant.change, request or "NOBODY NOTICES")
            if not request and f"{name}: {mutant.change}" not in UNSEEN:
                unnoticed.append(f"{name}: {mutant.change}")
        here.put(policy)
        assert tried, f"{name} has nothing that could be taken out"
    assert unnoticed == []
    names = [name for name in here.asks if CHOSEN in here.verdicts[name]]
    # Where several policies refuse, the API server names whichever it evaluated first.
    refused = {name: bool(by) for name, by in here.judge(names).items()}
    assert refused == {name: bool(here.verdicts[name]) for name in names}, "restored, they refuse what they refused"
