package rules.on_exit_test

import data.lib.fixture
import data.rules.on_exit

test_the_good_tree_is_let_be if {
	findings := on_exit.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_none if {
	findings := on_exit.findings with input as fixture.without(sprintf("%s/onExit", [fixture.spec]))
	fixture.messages(findings) == {
		"on_exit.missing: template \"index-v1\" has no onExit",
	}
}

test_empty if {
	findings := on_exit.findings with input as fixture.set(sprintf("%s/onExit", [fixture.spec]), "")
	fixture.messages(findings) == {
		"on_exit.missing: template \"index-v1\" has no onExit",
		"on_exit.unknown_template: onExit of template \"index-v1\" is \"\", which is none of its templates",
	}
}

test_unknown if {
	findings := on_exit.findings with input as fixture.set(sprintf("%s/onExit", [fixture.spec]), "bye")
	fixture.messages(findings) == {
		"on_exit.unknown_template: onExit of template \"index-v1\" is \"bye\", which is none of its templates",
	}
}
