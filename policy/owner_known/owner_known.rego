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
	some owner, facts in input.catalog.owners
	some other, other_facts in input.catalog.owners
	owner < other
	some entry in object.get(facts, "projects", [])
	some i, other_entry in object.get(other_facts, "projects", [])
	_overlap(entry, other_entry)
	at := {"path": sprintf("standards/catalog/owners/%s.yaml", [other]), "pointer": ["projects", i]}
	finding := lib.finding(rego.metadata.chain(), at, [other_entry, other, entry, owner])
}

_overlap(entry, other) if entry == other

_overlap(entry, other) if {
	endswith(entry, "*")
	startswith(other, trim_suffix(entry, "*"))
}

_overlap(entry, other) if {
	endswith(other, "*")
	startswith(entry, trim_suffix(other, "*"))
}
