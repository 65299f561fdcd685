# METADATA
# title: Pods within the owner's budget
# description: |
#   Pods that run at a time take quota from everyone else in the cluster.
package rules.parallelism_budget

import data.lib

# METADATA
# title: Owner over its budget of pods
# custom:
#   short_name: over_limit
#   failure_msg: 'pipeline "%s" asks for %v pods at a time (size "%s"), which brings %s to %v, over its budget of %v'
#   solution: 'choose a smaller size, or ask the platform team to raise the budget in standards/catalog/owners.yaml'
findings contains finding if {
	some owner, uses in uses_of
	granted := object.get(input.catalog.owners, [owner, "budget", "pods"], 0)
	total := sum([use.pods | some use in uses])
	total > granted
	some use in uses
	use.pods > 0
	finding := lib.finding(
		rego.metadata.chain(), lib.in_pipeline(use.project, use.pipeline, ["size"]),
		[use.pipeline, use.pods, use.size, owner, total, granted],
	)
}

uses_of[owner] := [use |
	some project in of_owner[owner]
	some name, pipeline in project.pipelines
	size := _pod(pipeline)
	use := {"project": project, "pipeline": name, "size": pipeline.size, "pods": size.parallelism}
] if {
	some owner, _ in of_owner
}

of_owner[owner] contains project if {
	some project in input.projects
	owner := project.owner
}

# What the size says of the pods that the standard counts.
_pod(pipeline) := input.catalog.sizes[pipeline.size].pods[role] if {
	role := lib.standard_of_ref[pipeline.standard].limits.pod
}
