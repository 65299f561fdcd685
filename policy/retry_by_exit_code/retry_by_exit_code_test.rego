package rules.retry_by_exit_code_test

import data.lib.fixture
import data.rules.retry_by_exit_code

test_the_good_tree_is_let_be if {
	findings := retry_by_exit_code.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_none if {
	findings := retry_by_exit_code.findings with input as fixture.without(sprintf("%s/templates/1/retryStrategy", [fixture.spec]))
	fixture.messages(findings) == {
		"retry_by_exit_code.missing: template \"embed\" has no retryStrategy with an expression",
		"retry_by_exit_code.policy: retryPolicy of template \"embed\" is \"\"",
		"retry_by_exit_code.no_limit: retryStrategy.limit of template \"embed\" is missing; at most 5 are allowed",
	}
}

test_another_expression if {
	findings := retry_by_exit_code.findings with input as fixture.set(sprintf("%s/templates/1/retryStrategy/expression", [fixture.spec]), "true")
	fixture.messages(findings) == {
		"retry_by_exit_code.other_expression: template \"embed\" is tried again if: true",
	}
}

test_space_is_no_difference if {
	findings := retry_by_exit_code.findings with input as fixture.set(sprintf("%s/templates/1/retryStrategy/expression", [fixture.spec]), "asInt(lastRetry.exitCode)\n  == 75")
	fixture.messages(findings) == set()
}

test_policy if {
	findings := retry_by_exit_code.findings with input as fixture.set(sprintf("%s/templates/1/retryStrategy/retryPolicy", [fixture.spec]), "OnError")
	fixture.messages(findings) == {
		"retry_by_exit_code.policy: retryPolicy of template \"embed\" is \"OnError\"",
	}
}

test_too_often if {
	findings := retry_by_exit_code.findings with input as fixture.set(sprintf("%s/templates/1/retryStrategy/limit", [fixture.spec]), "6")
	fixture.messages(findings) == {
		"retry_by_exit_code.no_limit: retryStrategy.limit of template \"embed\" is 6; at most 5 are allowed",
	}
}

test_a_parameter_as_limit if {
	findings := retry_by_exit_code.findings with input as fixture.set(sprintf("%s/templates/1/retryStrategy/limit", [fixture.spec]), "{{workflow.parameters.n}}")
	fixture.messages(findings) == {
		"retry_by_exit_code.no_limit: retryStrategy.limit of template \"embed\" is {{workflow.parameters.n}}; at most 5 are allowed",
	}
}

test_inline_too if {
	findings := retry_by_exit_code.findings with input as fixture.set(sprintf("%s/templates/0/dag/tasks/0/inline", [fixture.spec]), {"container": {}, "retryStrategy": {"limit": 1, "retryPolicy": "Always"}})
	fixture.messages(findings) == {
		"retry_by_exit_code.missing: template \"inline\" has no retryStrategy with an expression",
	}
}
