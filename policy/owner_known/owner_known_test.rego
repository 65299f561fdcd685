package rules.owner_known_test

import data.lib.fixture
import data.rules.owner_known

test_the_good_tree_is_let_be if {
	findings := owner_known.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_unknown if {
	findings := owner_known.findings with input as fixture.set("/projects/0/owner", "team-nobody")
	fixture.messages(findings) == {
		"owner_known.unknown: the owner \"team-nobody\" of project search is not in standards/catalog/owners.yaml",
	}
}

test_not_listed if {
	every entries in [[], ["other"], ["searching", "sear"], ["searc-*"]] {
		findings := owner_known.findings with input as fixture.set("/catalog/owners/team-docs/projects", entries)
		fixture.messages(findings) == {"owner_known.not_listed: standards/catalog/owners/team-docs.yaml does not list the project search"}
	}
}

test_listed_by_how_it_begins if {
	findings := owner_known.findings with input as fixture.set("/catalog/owners/team-docs/projects", ["sea*"])
	fixture.messages(findings) == set()
}

test_without_a_list_nothing_is_owned if {
	findings := owner_known.findings with input as fixture.without("/catalog/owners/team-docs/projects")
	fixture.messages(findings) == {"owner_known.not_listed: standards/catalog/owners/team-docs.yaml does not list the project search"}
}

test_overlap if {
	every entry in ["search", "s*", "search*"] {
		findings := owner_known.findings with input as fixture.set("/catalog/owners/team-x", {"projects": ["other", entry]})
		fixture.messages(findings) == {sprintf("owner_known.overlap: \"%s\" of team-x and \"search\" of team-docs could be the same project", [entry])}
	}
}

test_names_that_only_begin_alike_do_not_overlap if {
	findings := owner_known.findings with input as fixture.set("/catalog/owners/team-x", {"projects": ["search-2", "searching", "search-*"]})
	fixture.messages(findings) == set()
}
