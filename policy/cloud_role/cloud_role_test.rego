package rules.cloud_role_test

import data.lib.fixture
import data.rules.cloud_role

_arn(name) := sprintf("arn:aws:iam::111122223333:role/dac-%s", [name])

# Projects that have the account of one standard each: project -> the end of its role's name.
_tree(roles) := json.patch(fixture.accepted, array.concat(
	[{"op": "add", "path": "/catalog/platform/identity", "value": {"limits": {"role_name": 20}}}],
	[op |
		some project, role in roles
		some op in [
			{"op": "add", "path": "/projects/-", "value": {
				"name": project, "owner": "team-docs", "file": sprintf("projects/%s/decisions.yaml", [project]),
				"pipelines": {},
			}},
			{"op": "add", "path": "/manifests/-", "value": {
				"path": sprintf("projects/%s/rendered/platform/access.yaml", [project]), "project": project,
				"kind": "ServiceAccount", "name": "index", "namespace": project, "identity": _arn(role),
			}},
		]
	],
))

test_the_good_tree_is_let_be if {
	findings := cloud_role.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_as_long_as_may_be if {
	findings := cloud_role.findings with input as _tree({"a": "0123456789abcdef"})
	fixture.messages(findings) == set()
}

test_too_long if {
	findings := cloud_role.findings with input as _tree({"a": "0123456789abcdefg"})
	fixture.messages(findings) == {"cloud_role.too_long: the cloud role \"dac-0123456789abcdefg\" has a name of 21 characters, and one may have 20"}
	{finding.path | some finding in findings} == {"projects/a/decisions.yaml"}
}

test_a_cloud_without_a_limit if {
	findings := cloud_role.findings with input as json.patch(
		_tree({"a": "0123456789abcdefg"}),
		[{"op": "add", "path": "/catalog/platform/identity/limits/role_name", "value": 0}],
	)
	fixture.messages(findings) == set()
}

test_one_role_of_two_projects if {
	findings := cloud_role.findings with input as _tree({"docs": "docs-eval-suite", "docs-eval": "docs-eval-suite"})
	fixture.messages(findings) == {"cloud_role.shared: the cloud role \"dac-docs-eval-suite\" is that of the projects docs and docs-eval, each of which could do what the other may"}
	count(findings) == 2
}

test_as_many_as_an_account_may_have if {
	findings := cloud_role.findings with input as _limited(2)
	fixture.messages(findings) == set()
}

test_one_role_more if {
	findings := cloud_role.findings with input as _limited(1)
	fixture.messages(findings) == {"cloud_role.too_many: the projects have 2 cloud roles, and an account may have 1"}
	{finding.path | some finding in findings} == {"standards/catalog/platform.yaml"}
}

_limited(most) := json.patch(
	_tree({"a": "first", "b": "second"}),
	[
		{"op": "add", "path": "/catalog/platform/identity/limits/roles", "value": most},
		{"op": "add", "path": "/roles", "value": 2},
	],
)
