package rules.quota_budget_test

import data.lib.fixture
import data.rules.quota_budget

_budget := {"cpu": 8, "memory": "16Gi", "storage": "1Ti", "gpus": 2, "pods": 8}

_quota(project, more) := {
	"path": sprintf("projects/%s/rendered/platform/quota.yaml", [project]),
	"project": project,
	"kind": "ResourceQuota",
	"name": "budget",
	"namespace": project,
	"object": {"kind": "ResourceQuota", "spec": {"hard": object.union(
		{
			"requests.cpu": "2540m", "limits.memory": "4Gi", "requests.storage": "0", "requests.nvidia.com/gpu": "0",
			"pods": "2",
		},
		more,
	)}},
}

# A tree of these projects, all of one owner.
_tree(quotas) := json.patch(fixture.accepted, array.concat(
	[{"op": "add", "path": "/catalog/owners/team-docs/budget", "value": _budget}],
	[op |
		some project, more in quotas
		some op in [
			{"op": "add", "path": "/manifests/-", "value": _quota(project, more)},
			{"op": "add", "path": "/projects/-", "value": {
				"name": project, "owner": "team-docs", "file": sprintf("projects/%s/decisions.yaml", [project]),
				"pipelines": {},
			}},
		]
	],
))

test_the_good_tree_is_let_be if {
	findings := quota_budget.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_within_the_budget if {
	findings := quota_budget.findings with input as _tree({"a": {}, "b": {}, "c": {}})
	fixture.messages(findings) == set()
}

test_projects_together if {
	findings := quota_budget.findings with input as _tree({"a": {"requests.cpu": "4"}, "b": {}, "c": {}, "d": {}})
	fixture.messages(findings) == {
		"quota_budget.over_limit: the quotas of team-docs's projects (4 of them) come to 11.62 CPUs, over its budget of 8 CPUs; the biggest: a (4 CPUs), d (2.54 CPUs), c (2.54 CPUs)",
	}
	{finding.path | some finding in findings} == {"projects/a/decisions.yaml"}
}

test_each_unit if {
	findings := quota_budget.findings with input as _tree({"a": {
		"limits.memory": "16640Mi", "requests.storage": "2Ti", "requests.nvidia.com/gpu": "3", "pods": "9",
	}})
	fixture.messages(findings) == {
		"quota_budget.over_limit: the quotas of team-docs's projects (1 of them) come to 16.25 GiB of memory, over its budget of 16 GiB of memory; the biggest: a (16.25 GiB of memory)",
		"quota_budget.over_limit: the quotas of team-docs's projects (1 of them) come to 2048 GiB of storage, over its budget of 1024 GiB of storage; the biggest: a (2048 GiB of storage)",
		"quota_budget.over_limit: the quotas of team-docs's projects (1 of them) come to 3 GPUs, over its budget of 2 GPUs; the biggest: a (3 GPUs)",
		"quota_budget.over_limit: the quotas of team-docs's projects (1 of them) come to 9 pods, over its budget of 8 pods; the biggest: a (9 pods)",
	}
}

test_an_owner_without_a_budget if {
	findings := quota_budget.findings with input as json.patch(_tree({"a": {}}), [{"op": "remove", "path": "/catalog/owners/team-docs/budget"}])
	{finding.code | some finding in findings} == {"quota_budget.over_limit"}
}

test_pods_that_the_pipelines_ask_for_are_reported_once if {
	more := json.patch(_tree({"a": {"pods": "9"}}), [{"op": "add", "path": sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "value": "large"}])
	findings := quota_budget.findings with input as json.patch(more, [{"op": "add", "path": "/catalog/sizes/large/pods/embed/parallelism", "value": 9}])
	fixture.messages(findings) == set()
}
