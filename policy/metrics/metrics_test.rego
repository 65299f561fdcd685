package rules.metrics_test

import data.lib.fixture
import data.rules.metrics

test_the_good_tree_is_let_be if {
	findings := metrics.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_none if {
	findings := metrics.findings with input as fixture.without(sprintf("%s/metrics", [fixture.spec]))
	fixture.messages(findings) == {
		"metrics.missing: template \"index-v1\" has no spec.metrics.prometheus",
	}
}

test_empty if {
	findings := metrics.findings with input as fixture.set(sprintf("%s/metrics/prometheus", [fixture.spec]), [])
	fixture.messages(findings) == {
		"metrics.missing: template \"index-v1\" has no spec.metrics.prometheus",
	}
}
