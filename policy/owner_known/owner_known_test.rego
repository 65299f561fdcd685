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

test_not_listed if {
	every entries in [[], ["other"], ["searching", "sear"], ["searc-*"]] {
		found := owner_known.findings with input as fixture.set("/catalog/owners/team-docs/projects", entries)
		fixture.told(found) == {"owner_known.not_listed: standards/catalog/owners/team-docs.yaml does not list the project search"}
	}
}

test_listed_by_how_it_begins if {
	found := owner_known.findings with input as fixture.set("/catalog/owners/team-docs/projects", ["sea*"])
	fixture.told(found) == set()
}

test_without_a_list_nothing_is_owned if {
	found := owner_known.findings with input as fixture.without("/catalog/owners/team-docs/projects")
	fixture.told(found) == {"owner_known.not_listed: standards/catalog/owners/team-docs.yaml does not list the project search"}
}

test_overlap if {
	every entry in ["search", "s*", "search*"] {
		found := owner_known.findings with input as fixture.set("/catalog/owners/team-x", {"projects": ["other", entry]})
		fixture.told(found) == {sprintf("owner_known.overlap: \"%s\" of team-x and \"search\" of team-docs could be the same project", [entry])}
	}
}

test_names_that_only_begin_alike_do_not_overlap if {
	found := owner_known.findings with input as fixture.set("/catalog/owners/team-x", {"projects": ["search-2", "searching", "search-*"]})
	fixture.told(found) == set()
}
