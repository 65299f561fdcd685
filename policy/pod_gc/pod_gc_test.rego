package rules.pod_gc_test

import data.lib.fixture
import data.rules.pod_gc

test_the_good_tree_is_let_be if {
	found := pod_gc.findings with input as fixture.good
	fixture.told(found) == set()
}

test_none if {
	found := pod_gc.findings with input as fixture.without(sprintf("%s/podGC", [fixture.spec]))
	fixture.told(found) == {
		"pod_gc.missing: podGC.strategy of template \"index-v1\" is \"\"",
	}
}

test_unknown if {
	found := pod_gc.findings with input as fixture.set(sprintf("%s/podGC/strategy", [fixture.spec]), "Never")
	fixture.told(found) == {
		"pod_gc.missing: podGC.strategy of template \"index-v1\" is \"Never\"",
	}
}
