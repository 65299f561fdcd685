# METADATA
# description: What each pipeline may use at once, by the size that its CronWorkflow passes - a size by default too.
package lib.budget

import data.lib

uses := [use |
	some manifest in lib.cron_workflows
	spec := manifest.object.spec.workflowSpec
	standard := lib.standard_of_template[spec.workflowTemplateRef.name]
	some parameter in spec.arguments.parameters
	parameter.name == "size"
	pod := input.catalog.sizes[parameter.value].pods[standard.limits.pod]
	use := {
		"at": lib.in_manifest(manifest, ["spec", "workflowSpec", "arguments", "parameters", "size"]),
		"pipeline": manifest.object.metadata.name,
		"owner": _owner[manifest.project],
		"size": parameter.value,
		"pods": pod.parallelism,
		"gpus": pod.parallelism * pod.gpu,
	}
]

_owner := {project.name: project.owner | some project in input.projects}

# METADATA
# description: The uses of owners whose pipelines together take more of `unit` than they were granted.
over(unit) := [{"use": use, "total": total, "granted": granted} |
	some owner in {use.owner | some use in uses}
	of_owner := [use | some use in uses; use.owner == owner]
	total := sum([use[unit] | some use in of_owner])
	granted := object.get(input.catalog.owners, [owner, "budget", unit], 0)
	total > granted
	some use in of_owner
	use[unit] > 0
]
