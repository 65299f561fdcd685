package rules.service_account_test

import data.lib.fixture
import data.rules.service_account

test_the_good_tree_is_let_be if {
	findings := service_account.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_another if {
	findings := service_account.findings with input as fixture.set(sprintf("%s/serviceAccountName", [fixture.spec]), "admin")
	fixture.messages(findings) == {
		"service_account.wrong: serviceAccountName of template \"index-v1\" is \"admin\"; its standard says \"index\"",
	}
}

test_none if {
	findings := service_account.findings with input as fixture.without(sprintf("%s/serviceAccountName", [fixture.spec]))
	fixture.messages(findings) == {
		"service_account.wrong: serviceAccountName of template \"index-v1\" is \"\"; its standard says \"index\"",
	}
}

test_of_a_step if {
	findings := service_account.findings with input as fixture.set(sprintf("%s/templates/1/serviceAccountName", [fixture.spec]), "admin")
	fixture.messages(findings) == {
		"service_account.of_template: template \"embed\" runs as \"admin\"",
	}
}

test_of_an_executor if {
	findings := service_account.findings with input as fixture.set(sprintf("%s/templates/1/executor", [fixture.spec]), {"serviceAccountName": "admin"})
	fixture.messages(findings) == {
		"service_account.executor: the executor of \"embed\" is \"admin\"; the platform has \"executor\" for it",
	}
}

test_token if {
	findings := service_account.findings with input as fixture.without(sprintf("%s/automountServiceAccountToken", [fixture.spec]))
	fixture.messages(findings) == {
		"service_account.token: the containers of \"index-v1\" are given a token of the cluster",
	}
}

test_token_of_a_step if {
	findings := service_account.findings with input as fixture.set(sprintf("%s/templates/1/automountServiceAccountToken", [fixture.spec]), true)
	fixture.messages(findings) == {
		"service_account.token: the containers of \"embed\" are given a token of the cluster",
	}
}

test_of_every_executor if {
	findings := service_account.findings with input as fixture.set(sprintf("%s/executor", [fixture.spec]), {"serviceAccountName": "admin"})
	fixture.messages(findings) == {
		"service_account.executor: the executor of \"index-v1\" is \"admin\"; the platform has \"executor\" for it",
	}
}

test_none_in_the_namespace if {
	findings := service_account.findings with input as fixture.without("/manifests/1")
	fixture.messages(findings) == {
		"service_account.not_in_namespace: project search uses index@v1, but none of its manifests is the ServiceAccount \"index\"",
	}
}

test_of_another_project if {
	findings := service_account.findings with input as fixture.set("/manifests/1/project", "chat")
	fixture.messages(findings) == {
		"service_account.not_in_namespace: project search uses index@v1, but none of its manifests is the ServiceAccount \"index\"",
	}
}

test_that_stands_alike_in_another_project if {
	findings := service_account.findings with input as json.patch(fixture.accepted, [
		{"op": "add", "path": "/manifests/1/project", "value": "chat"},
		{"op": "add", "path": "/manifests/1/also", "value": ["ask", "search"]},
	])
	fixture.messages(findings) == set()
}

test_default if {
	findings := service_account.findings with input as json.patch(fixture.accepted, [{"op": "add", "path": "/standards/0/service_account", "value": "default"}, {"op": "add", "path": sprintf("%s/serviceAccountName", [fixture.spec]), "value": "default"}, {"op": "add", "path": "/manifests/1/name", "value": "default"}])
	fixture.messages(findings) == {
		"service_account.default: index@v1 has the service account \"default\"",
	}
}
