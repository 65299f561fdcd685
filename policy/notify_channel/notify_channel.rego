# METADATA
# title: Messages go to the owner's own channels
# description: |
#   A message in another team's channel is noise there, or a way to mislead it. So standards/catalog/owners.yaml says which
#   channels an owner has; a relay that knows each project by its token holds the runs to the same list.
package rules.notify_channel

import data.lib

# METADATA
# title: Channel that is not its owner's
# custom:
#   short_name: not_listed
#   failure_msg: 'pipeline "%s" of %s would post to %s, which is not a channel of %s'
#   solution: 'name a channel of that owner, or have it listed under `channels` of the owner in standards/catalog/owners.yaml'
findings contains finding if {
	some project in input.projects
	some name, pipeline in project.pipelines
	channel := object.get(pipeline, "notify", "")
	channel != ""
	owner := input.catalog.owners[project.owner]
	not lib.listed(object.get(owner, "channels", []), channel)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_pipeline(project, name, ["notify"]),
		[name, project.name, channel, project.owner],
	)
}
