package rules.owner_known_test

import data.lib.fixture
import data.rules.owner_known

test_the_good_tree_is_let_be if {
	found := owner_known.findings with input as fixture.good
	fixture.told(found) == set()
}

test_unknown if {
	found := owner_known.findings with input as fixture.set("/projects/0/owner", "team-nobody")
	fixture.told(found) == {
		"owner_known.unknown: the owner \"team-nobody\" of project search is not in standards/catalog/owners.yaml",
	}
}
