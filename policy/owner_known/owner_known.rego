# METADATA
# title: The owner is known
# description: |
#   An owner answers for a project, pays for it and reviews its changes.
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
