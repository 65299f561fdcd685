package rules.mutex_test

import data.lib.fixture
import data.rules.mutex

test_the_good_tree_is_let_be if {
	found := mutex.findings with input as fixture.good
	fixture.told(found) == set()
}

test_none if {
	found := mutex.findings with input as fixture.without(sprintf("%s/synchronization", [fixture.spec]))
	fixture.told(found) == {
		"mutex.missing: template \"index-v1\" has no mutex named by {{workflow.parameters.pipeline}}",
	}
}

test_named_otherwise if {
	found := mutex.findings with input as fixture.set(sprintf("%s/synchronization/mutexes/0/name", [fixture.spec]), "one")
	fixture.told(found) == {
		"mutex.missing: template \"index-v1\" has no mutex named by {{workflow.parameters.pipeline}}",
	}
}
