# METADATA
# description: What each pipeline may use at once, by the size that its CronWorkflow passes - a size by default too.
package lib.budget

import data.lib

uses := [object.union(asked, {"pods": pod.parallelism, "gpus": pod.parallelism * pod.gpu}) |
	some asked in _asked
	pod := _pod(asked)
]

# METADATA
# description: Pipelines whose use cannot be told, since their size says nothing of the pods that their standard counts.
uncounted := [asked | some asked in _asked; not _pod(asked)]

_asked := [asked |
	some manifest in lib.cron_workflows
	spec := manifest.object.spec.workflowSpec
	standard := lib.standard_of_template[spec.workflowTemplateRef.name]
	asked := {
		"at": lib.in_manifest(manifest, ["spec", "workflowSpec", "arguments", "parameters", "size"]),
		"pipeline": manifest.object.metadata.name,
		"owner": object.get(_owner, manifest.project, ""),
		"standard": lib.ref(standard),
		"role": object.get(standard.limits, "pod", ""),
		"size": concat("", [parameter.value | some parameter in spec.arguments.parameters; parameter.name == "size"]),
	}
]

_pod(asked) := input.catalog.sizes[asked.size].pods[asked.role]

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
