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
# description: |
#   The owners whose pipelines together take more of `unit` than they were granted, with the pipeline that takes most.
over(unit) := [{"owner": owner, "pipelines": count(of_owner), "total": total, "granted": granted, "most": most} |
	some owner, facts in input.catalog.owners
	of_owner := [use | some use in uses; use.owner == owner]
	total := sum([use[unit] | some use in of_owner])
	granted := object.get(facts, ["budget", unit], 0)
	total > granted
	greatest := max([use[unit] | some use in of_owner])
	most := [use | some use in of_owner; use[unit] == greatest][0]
]
