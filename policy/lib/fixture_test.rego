# METADATA
# description: A small tree that no rule faults, and ways to spoil it, for the rules' tests.
package lib.fixture

import data.main

_container := {
	"name": "main",
	"image": sprintf("registry.example.com/dac/rag@sha256:%s", [_hex]),
	"command": ["python", "-m", "embed"],
	"args": ["--shard", "{{inputs.parameters.shard}}"],
	"env": [{"name": "SOURCE", "value": "{{workflow.parameters.source}}"}],
	"resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
	"securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
}

_hex := "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_retry := {"limit": 3, "retryPolicy": "Always", "expression": "asInt(lastRetry.exitCode) == 75"}

_template := {
	"apiVersion": "argoproj.io/v1alpha1",
	"kind": "ClusterWorkflowTemplate",
	"metadata": {"name": "index-v1"},
	"spec": {
		"onExit": "finish",
		"activeDeadlineSeconds": 3600,
		"serviceAccountName": "index",
		"automountServiceAccountToken": false,
		"executor": {"serviceAccountName": "executor"},
		"podGC": {"strategy": "OnPodCompletion"},
		"ttlStrategy": {"secondsAfterCompletion": 600},
		"synchronization": {"mutexes": [{"name": "{{workflow.parameters.pipeline}}"}]},
		"securityContext": {"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
		"metrics": {"prometheus": [{"name": "runs"}]},
		"templates": [
			{"name": "main", "parallelism": 4, "dag": {"tasks": [{
				"name": "each", "template": "embed", "withParam": "{{tasks.list.outputs.parameters.shards}}",
				"when": "{{=workflow.parameters.size == 'small'}}",
			}]}},
			{
				"name": "embed", "container": _container, "retryStrategy": _retry, "activeDeadlineSeconds": 60,
				"podSpecPatch": `{{=toJson({"small":{"containers":[{"name":"main"}]} }[workflow.parameters.size])}}`,
			},
			{"name": "finish", "container": _container, "retryStrategy": _retry, "activeDeadlineSeconds": 60},
		],
	},
}

_standard := {
	"name": "index",
	"version": "v1",
	"folder": "standards/index/v1",
	"file": "standards/index/v1/rendered.yaml",
	"object": _template,
	"service_account": "index",
	"nodes": 505,
	"limits": {
		"pod": "embed", "max_shards": 100, "min_interval_minutes": 60, "schemes": ["s3"],
		"deadline_seconds": 3600, "ttl_seconds": 600,
	},
	"parameters": {
		"size": {"pattern": "[a-z]+"}, "source": {"pattern": "s3://[a-z/.]*"}, "pipeline": {"pattern": "[a-z]+"},
	},
}

_cron_workflow := {
	"path": "projects/search/rendered/pipelines/docs.yaml",
	"project": "search",
	"kind": "CronWorkflow",
	"name": "docs",
	"namespace": "search",
	"interval_minutes": 1440,
	"cost": {"least": 0, "most": 0, "unknown": []},
	"object": {"kind": "CronWorkflow", "metadata": {"name": "docs", "namespace": "search"}, "spec": {
		"schedules": ["7 3 * * *"],
		"suspend": false,
		"workflowSpec": {
			"workflowTemplateRef": {"name": "index-v1", "clusterScope": true},
			"arguments": {"parameters": [
				{"name": "size", "value": "small"}, {"name": "source", "value": "s3://docs/m.jsonl"},
				{"name": "pipeline", "value": "docs"},
			]},
		},
	}},
}

_account := {
	"path": "projects/search/rendered/platform/access.yaml",
	"project": "search",
	"kind": "ServiceAccount",
	"name": "index",
	"namespace": "search",
	"object": {"kind": "ServiceAccount", "metadata": {"name": "index", "namespace": "search"}},
}

accepted := {
	"today": "2030-06-15",
	"cluster": false,
	"whole": true,
	"codes": ["gpu_budget.over_limit", "argument_pattern.unmatched"],
	"waivers": [],
	"catalog": {
		"admission": {
			"cron_workflow": {
				"spec": ["schedules", "suspend", "workflowSpec"],
				"required": ["schedules", "suspend", "workflowSpec"],
				"workflow_spec": ["workflowTemplateRef", "arguments"],
				"metadata": ["annotations", "labels", "name", "namespace"],
				"steering": ["argocd.argoproj.io/", "workflows.argoproj.io/"],
				"marks": ["argocd.argoproj.io/tracking-id"],
			},
			"namespace": {
				"kinds": {
					"pipelines": {"CronWorkflow": "own"},
					"platform": {"ServiceAccount": "own", "Namespace": "cluster", "AppProject": "argocd"},
				},
				"reserved": ["argocd", "kube-*", "*-system"],
			},
			"pod": {
				"retry_expressions": ["asInt(lastRetry.exitCode) == 75\n"],
				"retry_limit": 5,
				"fan_out": 1000,
				"templates": ["container", "containerSet", "dag", "script"],
				"volumes": ["emptyDir"],
				"patch": {"pod": ["containers", "volumes"], "container": ["name", "resources"]},
				"gc_strategies": ["OnPodCompletion"],
				"interpreters": ["sh", "bash", "python", "env"],
			},
			"sizes": {
				"template": 2100, "config_map": 380, "object": 1000, "variable": 120, "run": 400000, "node": 760, "packed_node": 100,
			},
		},
		"platform": {"waivers": {"longest_days": 90}, "executor": {"account": "executor"}},
		"images": {"rag": {
			"repository": "registry.example.com/dac/rag", "digest": sprintf("sha256:%s", [_hex]), "built": true,
		}},
		"owners": {"team-docs": {"projects": ["search"], "budget": {"gpus": 2, "pods": 4}}},
		"secrets": {"key-id": {"what": "an AWS access key id", "needles": ["AKIA"], "pattern": `\bAKIA[0-9A-Z]{16}\b`}},
		"sizes": {
			"small": {"settings": {"index": {"shards": 4}}, "pods": {"embed": {"gpu": 0, "parallelism": 2}}},
			"large": {"settings": {"index": {"shards": 8}}, "pods": {"embed": {"gpu": 1, "parallelism": 4}}},
		},
	},
	"standards": [_standard],
	"projects": [{
		"name": "search", "owner": "team-docs", "file": "projects/search/decisions.yaml",
		"pipelines": {"docs": {"standard": "index@v1", "source": "s3://docs/m.jsonl", "size": "small"}},
	}],
	"manifests": [_cron_workflow, _account],
}

spec := "/standards/0/object/spec"

cron := "/manifests/0/object/spec"

without(path) := json.patch(accepted, [{"op": "remove", "path": path}])

set(path, value) := json.patch(accepted, [{"op": "add", "path": path, "value": value}])

# METADATA
# description: What findings say, as a set of texts.
messages(findings) := {sprintf("%s: %s", [finding.code, finding.msg]) | some finding in findings}

test_the_accepted_tree_has_no_findings if {
	findings := main.denied with input as accepted
	messages(findings) == set()
}

test_a_finding_has_words_and_a_place if {
	findings := main.denied with input as without("/standards/0/object/spec/onExit")
	findings == {{
		"code": "on_exit.missing",
		"msg": "template \"index-v1\" has no onExit",
		"remedy": "set spec.onExit to a template that cleans up, alerts and writes the receipt",
		"severity": "error",
		"value": "template \"index-v1\" has no onExit",
		"wider": "",
		"sums": "",
		"path": "standards/index/v1/rendered.yaml",
		"pointer": ["spec"],
	}}
}

test_a_list_that_is_missing_is_told if {
	findings := main.denied with input as without("/catalog/admission/pod/gc_strategies")
	messages(findings) == {"policy.no_data: standards/catalog/admission.yaml does not hold pod.gc_strategies, which rules read"}
}

test_a_file_of_the_catalog_that_is_missing_is_told if {
	findings := main.denied with input as without("/catalog/secrets")
	messages(findings) == {"policy.no_data: standards/catalog/secrets.yaml does not hold anything, which rules read"}
}
