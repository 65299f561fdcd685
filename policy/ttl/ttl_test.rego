package rules.ttl_test

import data.lib.fixture
import data.rules.ttl

test_the_good_tree_is_let_be if {
	findings := ttl.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_none if {
	findings := ttl.findings with input as fixture.without(sprintf("%s/ttlStrategy", [fixture.spec]))
	fixture.messages(findings) == {
		"ttl.missing: template \"index-v1\" does not say how long a run that fails stays",
		"ttl.missing: template \"index-v1\" does not say how long a run that succeeds stays",
	}
}

test_one_end_only if {
	findings := ttl.findings with input as fixture.set(sprintf("%s/ttlStrategy", [fixture.spec]), {"secondsAfterSuccess": 60})
	fixture.messages(findings) == {
		"ttl.missing: template \"index-v1\" does not say how long a run that fails stays",
	}
}

test_both_ends if {
	findings := ttl.findings with input as fixture.set(sprintf("%s/ttlStrategy", [fixture.spec]), {"secondsAfterSuccess": 60, "secondsAfterFailure": 600})
	fixture.messages(findings) == set()
}

test_too_long if {
	findings := ttl.findings with input as fixture.set(sprintf("%s/ttlStrategy/secondsAfterCompletion", [fixture.spec]), 601)
	fixture.messages(findings) == {
		"ttl.over_limit: secondsAfterCompletion of template \"index-v1\" is 601, over the limit of 600 seconds",
	}
}
