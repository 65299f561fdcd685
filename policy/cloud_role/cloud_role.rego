# METADATA
# title: Cloud roles have names of their own that the cloud accepts
# description: |
#   A pipeline's pods act in the cloud under a role that is named after the project and the standard.
package rules.cloud_role

import data.lib

# METADATA
# title: Role name too long
# custom:
#   short_name: too_long
#   failure_msg: 'the cloud role "%s" has a name of %v characters, and one may have %v'
#   solution: 'shorten the name of the project''s folder, or the prefix under identity in standards/catalog/platform.yaml'
findings contains finding if {
	most := object.get(input.catalog.platform, ["identity", "limits", "role_name"], 0)
	most > 0
	some account in _accounts
	role := _role(account.identity)
	count(role) > most
	finding := lib.finding(rego.metadata.chain(), _at(account), [role, count(role), most])
}

# METADATA
# title: Role of two projects
# custom:
#   short_name: shared
#   failure_msg: 'the cloud role "%s" is that of the projects %s, each of which could do what the other may'
#   solution: 'rename the folder of one of them'
findings contains finding if {
	count(_accounts) > count({account.identity | some account in _accounts}) # else nobody is looked for
	some account in _accounts
	sharers := {other.project | some other in _accounts; other.identity == account.identity}
	count(sharers) > 1
	finding := lib.finding(rego.metadata.chain(), _at(account), [_role(account.identity), concat(" and ", sort(sharers))])
}

# METADATA
# title: More roles than an account may have
# custom:
#   short_name: too_many
#   failure_msg: 'the projects have %v cloud roles, and an account may have %v'
#   solution: 'have the cloud raise it, and write the new number under identity.limits in standards/catalog/platform.yaml'
findings contains finding if {
	most := object.get(input.catalog.platform, ["identity", "limits", "roles"], 0)
	most > 0
	input.roles > most
	finding := lib.finding(
		rego.metadata.chain(), lib.in_catalog("platform", ["identity", "limits", "roles"]),
		[input.roles, most],
	)
}

# The platform's own account, the sweeper's, is in no project's folder.
_accounts := [manifest |
	some manifest in input.manifests
	manifest.identity != ""
	manifest.project != null
]

# An AWS role's name is what follows its path.
_role(identity) := parts[count(parts) - 1] if parts := split(identity, "/")

_at(account) := [lib.in_decisions(project, []) | some project in input.projects; project.name == account.project][0]
