package rules.pod_gc_test

import data.lib.fixture
import data.rules.pod_gc

test_the_good_tree_is_let_be if {
	findings := pod_gc.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_none if {
	findings := pod_gc.findings with input as fixture.without(sprintf("%s/podGC", [fixture.spec]))
	fixture.messages(findings) == {
		"pod_gc.missing: podGC.strategy of template \"index-v1\" is \"\"",
	}
}

test_unknown if {
	findings := pod_gc.findings with input as fixture.set(sprintf("%s/podGC/strategy", [fixture.spec]), "Never")
	fixture.messages(findings) == {
		"pod_gc.missing: podGC.strategy of template \"index-v1\" is \"Never\"",
	}
}
