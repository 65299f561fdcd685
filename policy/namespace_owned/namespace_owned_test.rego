package rules.namespace_owned_test

import data.lib.fixture
import data.rules.namespace_owned

test_the_good_tree_is_let_be if {
	found := namespace_owned.findings with input as fixture.good
	fixture.told(found) == set()
}

test_another_namespace if {
	found := namespace_owned.findings with input as fixture.set("/manifests/0/namespace", "chat")
	fixture.told(found) == {
		"namespace_owned.other_namespace: projects/search/rendered/pipelines/docs.yaml: CronWorkflow docs is in namespace \"chat\"; it belongs in \"search\"",
	}
}

test_no_namespace if {
	found := namespace_owned.findings with input as fixture.set("/manifests/0/namespace", "")
	fixture.told(found) == {
		"namespace_owned.other_namespace: projects/search/rendered/pipelines/docs.yaml: CronWorkflow docs is in namespace \"\"; it belongs in \"search\"",
	}
}

test_a_kind_that_may_not_be_there if {
	found := namespace_owned.findings with input as fixture.set("/manifests/0/kind", "ServiceAccount")
	fixture.told(found) == {
		"namespace_owned.kind: projects/search/rendered/pipelines/docs.yaml: ServiceAccount docs is of a kind that may not be in pipelines",
	}
}

test_a_cluster_scoped_kind if {
	found := namespace_owned.findings with input as fixture.set("/manifests/1/kind", "ClusterRole")
	fixture.told(found) == {
		"namespace_owned.kind: projects/search/rendered/platform/access.yaml: ClusterRole index is of a kind that may not be in platform",
	}
}

test_an_AppProject_of_another if {
	found := namespace_owned.findings with input as fixture.set("/manifests/1", object.union(fixture.good.manifests[1], {"kind": "AppProject", "namespace": "argocd", "name": "default"}))
	fixture.told(found) == {
		"namespace_owned.name: projects/search/rendered/platform/access.yaml: AppProject is named \"default\"; outside its namespace an object bears the project's name \"search\"",
	}
}

test_its_own_Namespace if {
	found := namespace_owned.findings with input as fixture.set("/manifests/1", object.union(fixture.good.manifests[1], {"kind": "Namespace", "namespace": "", "name": "search"}))
	fixture.told(found) == set()
}

test_a_Namespace_in_a_namespace if {
	found := namespace_owned.findings with input as fixture.set("/manifests/1", object.union(fixture.good.manifests[1], {"kind": "Namespace", "name": "search"}))
	fixture.told(found) == {
		"namespace_owned.other_namespace: projects/search/rendered/platform/access.yaml: Namespace search is in namespace \"search\"; it belongs in \"\"",
	}
}

test_a_reserved_name if {
	found := namespace_owned.findings with input as fixture.set("/projects/0/name", "argocd")
	fixture.told(found) == {
		"namespace_owned.reserved: the project name \"argocd\" is reserved by \"argocd\"",
	}
}

test_a_reserved_beginning if {
	found := namespace_owned.findings with input as fixture.set("/projects/0/name", "kube-ml")
	fixture.told(found) == {
		"namespace_owned.reserved: the project name \"kube-ml\" is reserved by \"kube-*\"",
	}
}
