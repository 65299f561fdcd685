package rules.workflow_spec_test

import data.lib.fixture
import data.rules.workflow_spec

test_the_good_tree_is_let_be if {
	findings := workflow_spec.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_a_key_of_the_cron if {
	findings := workflow_spec.findings with input as fixture.set(sprintf("%s/workflowMetadata", [fixture.cron]), {})
	fixture.messages(findings) == {
		"workflow_spec.forbidden_key: projects/search/rendered/pipelines/docs.yaml: spec.workflowMetadata is not a project's to set",
	}
}

test_the_entrypoint if {
	findings := workflow_spec.findings with input as fixture.set(sprintf("%s/workflowSpec/entrypoint", [fixture.cron]), "evil")
	fixture.messages(findings) == {
		"workflow_spec.forbidden_key: projects/search/rendered/pipelines/docs.yaml: spec.workflowSpec.entrypoint is not a project's to set",
	}
}

test_artifacts if {
	findings := workflow_spec.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/artifacts", [fixture.cron]), [])
	fixture.messages(findings) == {
		"workflow_spec.forbidden_key: projects/search/rendered/pipelines/docs.yaml: spec.workflowSpec.arguments.artifacts is not a project's to set",
	}
}

test_suspend_left_out if {
	findings := workflow_spec.findings with input as fixture.without(sprintf("%s/suspend", [fixture.cron]))
	fixture.messages(findings) == {
		"workflow_spec.missing_key: projects/search/rendered/pipelines/docs.yaml: spec.suspend is not written",
	}
}

test_another_template if {
	findings := workflow_spec.findings with input as fixture.set(sprintf("%s/workflowSpec/workflowTemplateRef/name", [fixture.cron]), "mine")
	fixture.messages(findings) == {
		"workflow_spec.unknown_template: projects/search/rendered/pipelines/docs.yaml: workflowTemplateRef {\"clusterScope\":true,\"name\":\"mine\"} is not a cluster-scoped template of a standard",
	}
}

test_the_canaries_template_where_there_are_canaries if {
	named := {"op": "replace", "path": sprintf("%s/workflowSpec/workflowTemplateRef/name", [fixture.cron]), "value": "index-v1-canary"}
	waves := {"op": "add", "path": "/catalog/platform/waves", "value": {"canaries": ["search"]}}
	count(workflow_spec.findings) == 1 with input as json.patch(fixture.accepted, [named])
	count(workflow_spec.findings) == 0 with input as json.patch(fixture.accepted, [named, waves])
}

test_one_of_its_own_namespace if {
	findings := workflow_spec.findings with input as fixture.set(sprintf("%s/workflowSpec/workflowTemplateRef/clusterScope", [fixture.cron]), false)
	fixture.messages(findings) == {
		"workflow_spec.unknown_template: projects/search/rendered/pipelines/docs.yaml: workflowTemplateRef {\"clusterScope\":false,\"name\":\"index-v1\"} is not a cluster-scoped template of a standard",
	}
}

test_no_workflow if {
	findings := workflow_spec.findings with input as fixture.without(sprintf("%s/workflowSpec", [fixture.cron]))
	fixture.messages(findings) == {
		"workflow_spec.missing_key: projects/search/rendered/pipelines/docs.yaml: spec.workflowSpec is not written",
		"workflow_spec.another_pipeline: projects/search/rendered/pipelines/docs.yaml: the argument pipeline is []; the CronWorkflow is named \"docs\"",
		"workflow_spec.unknown_template: projects/search/rendered/pipelines/docs.yaml: workflowTemplateRef {} is not a cluster-scoped template of a standard",
	}
}

test_a_state if {
	findings := workflow_spec.findings with input as fixture.set("/manifests/0/object/status", {"phase": "Stopped"})
	fixture.messages(findings) == {
		"workflow_spec.forbidden_key: projects/search/rendered/pipelines/docs.yaml: status is not a project's to set",
	}
}

test_a_finalizer if {
	findings := workflow_spec.findings with input as fixture.set("/manifests/0/object/metadata/finalizers", ["example.com/keep"])
	fixture.messages(findings) == {
		"workflow_spec.forbidden_key: projects/search/rendered/pipelines/docs.yaml: metadata.finalizers is not a project's to set",
	}
}

test_a_hook_of_argo_cd if {
	hook := {"argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/tracking-id": "search"}
	findings := workflow_spec.findings with input as fixture.set("/manifests/0/object/metadata/annotations", hook)
	fixture.messages(findings) == {
		"workflow_spec.steering: projects/search/rendered/pipelines/docs.yaml: metadata.annotations.argocd.argoproj.io/hook tells a controller what to do",
	}
}

test_a_label_of_ones_own if {
	findings := workflow_spec.findings with input as fixture.set("/manifests/0/object/metadata/labels", {"example.com/team": "docs"})
	fixture.messages(findings) == set()
}

test_the_name_of_a_sibling if {
	findings := workflow_spec.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/2/value", [fixture.cron]), "other")
	fixture.messages(findings) == {
		"workflow_spec.another_pipeline: projects/search/rendered/pipelines/docs.yaml: the argument pipeline is [\"other\"]; the CronWorkflow is named \"docs\"",
	}
}
