package rules.mutex_test

import data.lib.fixture
import data.rules.mutex

test_the_good_tree_is_let_be if {
	findings := mutex.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_none if {
	findings := mutex.findings with input as fixture.without(sprintf("%s/synchronization", [fixture.spec]))
	fixture.messages(findings) == {
		"mutex.missing: template \"index-v1\" has no mutex named by {{workflow.parameters.pipeline}}",
	}
}

test_named_otherwise if {
	findings := mutex.findings with input as fixture.set(sprintf("%s/synchronization/mutexes/0/name", [fixture.spec]), "one")
	fixture.messages(findings) == {
		"mutex.missing: template \"index-v1\" has no mutex named by {{workflow.parameters.pipeline}}",
	}
}
