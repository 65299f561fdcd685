package rules.namespace_owned_test

import data.lib.fixture
import data.rules.namespace_owned

test_the_good_tree_is_let_be if {
	findings := namespace_owned.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_another_namespace if {
	findings := namespace_owned.findings with input as fixture.set("/manifests/0/namespace", "chat")
	fixture.messages(findings) == {
		"namespace_owned.other_namespace: projects/search/rendered/pipelines/docs.yaml: CronWorkflow docs is in namespace \"chat\"; it belongs in \"search\"",
	}
}

test_no_namespace if {
	findings := namespace_owned.findings with input as fixture.set("/manifests/0/namespace", "")
	fixture.messages(findings) == {
		"namespace_owned.other_namespace: projects/search/rendered/pipelines/docs.yaml: CronWorkflow docs is in namespace \"\"; it belongs in \"search\"",
	}
}

test_a_kind_that_may_not_be_there if {
	findings := namespace_owned.findings with input as fixture.set("/manifests/0/kind", "ServiceAccount")
	fixture.messages(findings) == {
		"namespace_owned.kind: projects/search/rendered/pipelines/docs.yaml: ServiceAccount docs is of a kind that may not be in pipelines",
	}
}

test_a_cluster_scoped_kind if {
	findings := namespace_owned.findings with input as fixture.set("/manifests/1/kind", "ClusterRole")
	fixture.messages(findings) == {
		"namespace_owned.kind: projects/search/rendered/platform/access.yaml: ClusterRole index is of a kind that may not be in platform",
	}
}

test_an_AppProject_of_another if {
	findings := namespace_owned.findings with input as fixture.set("/manifests/1", object.union(fixture.accepted.manifests[1], {"kind": "AppProject", "namespace": "argocd", "name": "default"}))
	fixture.messages(findings) == {
		"namespace_owned.name: projects/search/rendered/platform/access.yaml: AppProject is named \"default\"; outside its namespace an object bears the project's name \"search\"",
	}
}

test_what_stands_alike_in_other_projects if {
	misnamed := {"kind": "AppProject", "namespace": "argocd", "name": "default", "also": ["chat", "ask"]}
	findings := namespace_owned.findings with input as fixture.set("/manifests/1", object.union(fixture.accepted.manifests[1], misnamed))
	fixture.messages(findings) == {sprintf("namespace_owned.name: projects/%s/rendered/platform/access.yaml: AppProject is named \"default\"; outside its namespace an object bears the project's name \"%s\"", [project, project]) |
		some project in ["search", "chat", "ask"]
	}
}

test_what_is_named_after_its_project_in_others_too if {
	misplaced := {"kind": "ClusterRole", "namespace": "search", "name": "search", "also": ["chat"]}
	findings := namespace_owned.findings with input as fixture.set("/manifests/1", object.union(fixture.accepted.manifests[1], misplaced))
	fixture.messages(findings) == {sprintf("namespace_owned.kind: projects/%s/rendered/platform/access.yaml: ClusterRole %s is of a kind that may not be in platform", [project, project]) |
		some project in ["search", "chat"]
	}
}

test_its_own_Namespace if {
	findings := namespace_owned.findings with input as fixture.set("/manifests/1", object.union(fixture.accepted.manifests[1], {"kind": "Namespace", "namespace": "", "name": "search", "labels": _labels}))
	fixture.messages(findings) == set()
}

_labels := {"dac.dev/project": "search", "pod-security.kubernetes.io/enforce": "restricted"}

test_a_Namespace_that_no_policy_is_bound_to if {
	findings := namespace_owned.findings with input as fixture.set("/manifests/1", object.union(fixture.accepted.manifests[1], {"kind": "Namespace", "namespace": "", "name": "search", "labels": {"pod-security.kubernetes.io/enforce": "baseline"}}))
	fixture.messages(findings) == {
		"namespace_owned.label: projects/search/rendered/platform/access.yaml: the label dac.dev/project of the namespace is \"\"; it has to be \"search\"",
		"namespace_owned.label: projects/search/rendered/platform/access.yaml: the label pod-security.kubernetes.io/enforce of the namespace is \"baseline\"; it has to be \"restricted\"",
	}
}

test_a_Namespace_that_stands_as_another_does_was_judged if {
	findings := namespace_owned.findings with input as fixture.set("/manifests/1", object.union(fixture.accepted.manifests[1], {"kind": "Namespace", "namespace": "", "name": "search", "also": ["chat"]}))
	fixture.messages(findings) == set()
}

test_a_Namespace_in_a_namespace if {
	findings := namespace_owned.findings with input as fixture.set("/manifests/1", object.union(fixture.accepted.manifests[1], {"kind": "Namespace", "name": "search", "labels": _labels}))
	fixture.messages(findings) == {
		"namespace_owned.other_namespace: projects/search/rendered/platform/access.yaml: Namespace search is in namespace \"search\"; it belongs in \"\"",
	}
}

_of(name, where) := {sprintf("namespace_owned.reserved: the project name %q is reserved: it is %s", [name, where])}

_platform := {
	"executor": {"account": "executor"},
	"namespaces": {"summary": "where", "workflows": "argo", "argocd": "argo-cd"},
	"dns": {"summary": "names", "namespace": "dns-system"},
	"receiver": {"namespace": "deploy", "account": "deployer"},
	"accounts": {"controllers": ["system:serviceaccount:flows:controller"], "administrators": ["system:masters"]},
}

_named(name) := json.patch(fixture.set("/projects/0/name", name), [
	{"op": "add", "path": "/catalog/platform", "value": _platform},
	{"op": "add", "path": "/catalog/endpoints", "value": {
		"store": {"address": "http://weaviate.stores.svc.cluster.local:8080"}, "slack": {"address": "https://slack.example.com"},
	}},
	{"op": "add", "path": "/manifests/-", "value": _object("AppProject", "shared")},
	{"op": "add", "path": "/manifests/-", "value": _object("Application", "base-platform")},
	{"op": "add", "path": "/manifests/-", "value": _object("Application", "lead-pipelines")},
	{"op": "add", "path": "/manifests/-", "value": _object("Namespace", "own")},
])

_object(kind, name) := {
	"path": "standards/platform/rendered/x.yaml", "project": null, "kind": kind, "name": name, "namespace": "argo-cd",
}

_in_platform(field) := sprintf("%s in standards/catalog/platform.yaml", [field])

test_reserved_names if {
	every name, where in {
		"argocd": "listed under namespace.reserved in standards/catalog/admission.yaml",
		"kube-ml": "one of kube-* in standards/catalog/admission.yaml",
		"kube-system": "one of kube-* in standards/catalog/admission.yaml",
		"flux-system": "one of *-system in standards/catalog/admission.yaml",
		"argo": _in_platform("namespaces.workflows"),
		"argo-cd": _in_platform("namespaces.argocd"),
		"dns-system": _in_platform("dns.namespace"),
		"deploy": _in_platform("receiver.namespace"),
		"deployer": _in_platform("receiver.account"),
		"flows": _in_platform("of system:serviceaccount:flows:controller"),
		"controller": _in_platform("of system:serviceaccount:flows:controller"),
		"stores": "the namespace of endpoint store in standards/catalog/endpoints.yaml",
		"shared": "the name of AppProject shared in standards/platform/rendered/x.yaml",
		"base": "the name of Application base-platform in standards/platform/rendered/x.yaml",
		"lead": "the name of Application lead-pipelines in standards/platform/rendered/x.yaml",
		"own": "the name of Namespace own in standards/platform/rendered/x.yaml",
	} {
		findings := namespace_owned.findings with input as _named(name)
		reserved := {finding | some finding in findings; finding.code == "namespace_owned.reserved"}
		fixture.messages(reserved) == _of(name, where)
	}
}

_at(address) := json.patch(fixture.accepted, [
	{"op": "replace", "path": "/projects/0/name", "value": "stores"},
	{"op": "add", "path": "/catalog/endpoints", "value": {"store": {"address": address}}},
])

# Whoever had the namespace would be the server.
test_a_namespace_is_reserved_however_an_address_names_it if {
	every address in {
		"http://weaviate.stores", "http://weaviate.stores:8080", "http://weaviate.stores/v1", "weaviate.stores:8080",
		"http://weaviate.stores.svc", "http://weaviate.stores.svc:80?x", "http://weaviate.stores.svc.cluster.local",
		"http://weaviate.stores.svc.other.domain:80/", "http://WEAVIATE.Stores.SVC:80", "HTTP://weaviate.STORES",
		"http://weaviate.stores.", "http://weaviate.stores.svc.", "http://weaviate.stores.svc.cluster.local.:80",
		"http://weaviate-0.weaviate.stores.svc", "http://a.b.c.stores", "http://10-0-0-1.stores.pod.cluster.local",
		"http://user@weaviate.stores.svc", "http://user:word@weaviate.stores:80/at@last", "grpc+tls://weaviate.stores#x",
		"//weaviate.stores.svc",
	} {
		findings := namespace_owned.findings with input as _at(address)
		fixture.messages(findings) == _of("stores", "the namespace of endpoint store in standards/catalog/endpoints.yaml")
	}
}

test_another_part_of_an_address_reserves_nothing if {
	every address in {
		"", "http://stores", "http://stores:80", "http://stores.example.com", "http://weaviate.stores.example.com",
		"http://stores@weaviate.ml", "http://weaviate.ml/stores.svc", "http://weaviate.ml?a.stores.svc", "http://stores.svc",
	} {
		findings := namespace_owned.findings with input as _at(address)
		fixture.messages(findings) == set()
	}
}

test_addresses_of_the_platforms_facts if {
	every path, value in {
		"artifacts": {"endpoint": "minio.stores:9000"}, "repository": {"url": "http://git.stores.svc:8000/x.git"},
		"cluster": {"server": "https://api.stores.svc"},
	} {
		some field, _ in value
		where := sprintf("the namespace of %s.%s in standards/catalog/platform.yaml", [path, field])
		findings := namespace_owned.findings with input as json.patch(
			_at(""),
			[{"op": "add", "path": "/catalog/platform", "value": {path: value}}],
		)
		fixture.messages(findings) == _of("stores", where)
	}
}

test_names_that_are_like_reserved_ones if {
	every name in {"masters", "where", "slack", "base-platform", "argocds", "kube", "system", "my-systems", "my-system-x", "mysystem"} {
		findings := namespace_owned.findings with input as _named(name)
		{finding | some finding in findings; finding.code == "namespace_owned.reserved"} == set()
	}
}
