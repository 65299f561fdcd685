package rules.template_kind_test

import data.lib.fixture
import data.rules.template_kind

test_the_good_tree_is_let_be if {
	findings := template_kind.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_a_resource if {
	findings := template_kind.findings with input as fixture.set(sprintf("%s/templates/1/resource", [fixture.spec]), {"action": "create"})
	fixture.messages(findings) == {
		"template_kind.forbidden: template \"embed\" is of the kind \"resource\"",
	}
}

test_a_request_inline if {
	findings := template_kind.findings with input as fixture.set(sprintf("%s/templates/0/dag/tasks/0/inline", [fixture.spec]), {"http": {"url": "http://x"}})
	fixture.messages(findings) == {
		"template_kind.forbidden: template \"inline\" is of the kind \"http\"",
		"template_kind.none: template \"inline\" is of none of the kinds that are known",
	}
}

test_of_none if {
	findings := template_kind.findings with input as fixture.set(sprintf("%s/templates/1", [fixture.spec]), {"name": "embed", "wasm": {}})
	fixture.messages(findings) == {
		"template_kind.none: template \"embed\" is of none of the kinds that are known",
	}
}

test_elsewhere if {
	findings := template_kind.findings with input as fixture.set(sprintf("%s/templates/0/dag/tasks/0", [fixture.spec]), {"name": "each", "templateRef": {"name": "other", "template": "x"}})
	fixture.messages(findings) == {
		"template_kind.elsewhere: spec.templates.0.dag.tasks.0 of \"index-v1\" runs a template of \"other\"",
	}
}
