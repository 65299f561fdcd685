package rules.deadline_test

import data.lib.fixture
import data.rules.deadline

test_the_good_tree_is_let_be if {
	findings := deadline.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_none if {
	findings := deadline.findings with input as fixture.without(sprintf("%s/activeDeadlineSeconds", [fixture.spec]))
	fixture.messages(findings) == {
		"deadline.missing: template \"index-v1\" has no activeDeadlineSeconds",
	}
}

test_zero if {
	findings := deadline.findings with input as fixture.set(sprintf("%s/activeDeadlineSeconds", [fixture.spec]), 0)
	fixture.messages(findings) == {
		"deadline.missing: template \"index-v1\" has no activeDeadlineSeconds",
	}
}

test_too_long if {
	findings := deadline.findings with input as fixture.set(sprintf("%s/activeDeadlineSeconds", [fixture.spec]), 3601)
	fixture.messages(findings) == {
		"deadline.over_limit: activeDeadlineSeconds of template \"index-v1\" is 3601, over the limit of 3600",
	}
}

test_no_limit_is_a_limit_of_nothing if {
	findings := deadline.findings with input as fixture.without("/standards/0/limits/deadline_seconds")
	fixture.messages(findings) == {
		"deadline.over_limit: activeDeadlineSeconds of template \"index-v1\" is 3600, over the limit of 0",
	}
}

test_a_pod_without if {
	findings := deadline.findings with input as fixture.without(sprintf("%s/templates/1/activeDeadlineSeconds", [fixture.spec]))
	fixture.messages(findings) == {
		"deadline.pod_without: template \"embed\" has no activeDeadlineSeconds; the deadline of the run does not end the exit handler, nor a single step early",
	}
}

test_a_pod_by_size if {
	findings := deadline.findings with input as fixture.set(sprintf("%s/templates/1/activeDeadlineSeconds", [fixture.spec]), `{{=toJson({"small":60,"large":600}[workflow.parameters.size])}}`)
	fixture.messages(findings) == set()
}

test_a_pod_by_size_with_a_hole if {
	findings := deadline.findings with input as fixture.set(sprintf("%s/templates/1/activeDeadlineSeconds", [fixture.spec]), `{{=toJson({"small":60,"large":0}[workflow.parameters.size])}}`)
	fixture.messages(findings) == {
		"deadline.pod_without: template \"embed\" has no activeDeadlineSeconds; the deadline of the run does not end the exit handler, nor a single step early",
	}
}

test_a_pod_by_any_text if {
	findings := deadline.findings with input as fixture.set(sprintf("%s/templates/1/activeDeadlineSeconds", [fixture.spec]), "{{inputs.parameters.seconds}}")
	fixture.messages(findings) == {
		"deadline.pod_without: template \"embed\" has no activeDeadlineSeconds; the deadline of the run does not end the exit handler, nor a single step early",
	}
}
