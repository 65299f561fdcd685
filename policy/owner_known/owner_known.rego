# METADATA
# title: The owner is known, and has agreed
# description: |
#   An owner answers for a project, pays for it and reviews its changes. So it says itself which projects it owns: in
#   standards/catalog/owners/OWNER.yaml, a file that this team alone reviews. No two owners list the same project.
package rules.owner_known

import data.lib

# METADATA
# title: Owner that is not in the catalog
# custom:
#   short_name: unknown
#   failure_msg: 'the owner "%s" of project %s is not in standards/catalog/owners.yaml'
#   solution: 'name an owner from there, or add the team to it'
findings contains finding if {
	some project in input.projects
	not input.catalog.owners[project.owner]
	finding := lib.finding(rego.metadata.chain(), lib.in_decisions(project, ["owner"]), [project.owner, project.name])
}

# METADATA
# title: Project that its owner does not list
# custom:
#   short_name: not_listed
#   failure_msg: 'standards/catalog/owners/%s.yaml does not list the project %s'
#   solution: 'add the project to `projects` there, by its name or how it begins (my-*); that team has to approve the line'
findings contains finding if {
	some project in input.projects
	owner := input.catalog.owners[project.owner]
	not lib.listed(object.get(owner, "projects", []), project.name)
	finding := lib.finding(rego.metadata.chain(), lib.in_decisions(project, ["owner"]), [project.owner, project.name])
}

# METADATA
# title: Project of two owners
# custom:
#   short_name: overlap
#   failure_msg: '"%s" of %s and "%s" of %s could be the same project'
#   solution: 'let one of them write names that the other does not'
findings contains finding if {
	some [entry, other_entry] in _alike
	some [owner, _] in _locations[entry]
	some [other, i] in _locations[other_entry]
	owner < other
	at := {"path": sprintf("standards/catalog/owners/%s.yaml", [other]), "pointer": ["projects", i]}
	finding := lib.finding(rego.metadata.chain(), at, [other_entry, other, entry, owner])
}

# Where each entry stands. By entry, not by pairs of them: thousands of names would be millions of pairs.
_locations[entry] contains [owner, i] if {
	some owner, facts in input.catalog.owners
	some i, entry in object.get(facts, "projects", [])
}

_alike contains [entry, entry] if some entry, _ in _locations

_alike contains pair if {
	some entry, _ in _locations
	endswith(entry, "*")
	some other, _ in _locations
	startswith(other, trim_suffix(entry, "*"))
	some pair in [[entry, other], [other, entry]]
}
