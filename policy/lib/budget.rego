# METADATA
# description: |
#   What each pipeline may use at once, by the size that its CronWorkflow passes - a size by default too. Counted are the
#   pods of the role that the standard's `limits.pod` names, and of those that run beside them: `limits.beside`, each
#   with the argument that must be given (`where`) if it does not run always.
package lib.budget

import data.lib
import data.lib.arguments

uses := [object.union(asked, {
	"counted": counted,
	"pods": sum([pod.parallelism | some pod in counted]),
	"gpus": sum([gpus | some pod in counted; gpus := pod.parallelism * pod.gpu]),
}) |
	some asked in _asked
	counted := [pod | some role in asked.roles; pod := _pod(asked, role)]
]

# METADATA
# description: Pipelines whose use cannot be computed, since their size does not list the pods that their standard counts.
uncounted := [object.union(asked, {"role": role}) | some asked in _asked; some role in asked.roles; not _pod(asked, role)]

_asked := [asked |
	some entry in arguments.given
	manifest := entry.manifest
	standard := lib.standard_of_template[entry.template]
	asked := {
		"at": lib.in_manifest(manifest, ["spec", "workflowSpec", "arguments", "parameters", "size"]),
		"pipeline": manifest.object.metadata.name,
		"owner": object.get(_owner, manifest.project, ""),
		"standard": lib.ref(standard),
		"manifest": manifest,
		"roles": _roles(standard.limits, entry.parameters),
		"size": _size(entry),
	}
]

_size(entry) := sizes[0] if {
	sizes := [size | some size, _ in input.catalog.sizes; arguments.is_given(entry, "size", size)]
	count(sizes) > 0
} else := concat("", [parameter.value |
	some parameter in entry.parameters
	parameter.name == "size"
	is_string(parameter.value) # another value is found by argument_pattern
])

_roles(limits, parameters) := array.concat(
	[object.get(limits, "pod", "")],
	[beside.role | some beside in object.get(limits, "beside", []); _runs(beside, parameters)],
)

_runs(beside, _) if not beside.where

_runs(beside, parameters) if {
	some parameter in parameters
	parameter.name == beside.where
	parameter.value != ""
}

_pod(asked, role) := input.catalog.sizes[asked.size].pods[role]

_owner := {project.name: project.owner | some project in input.projects}

# METADATA
# description: |
#   What an owner's pipelines take, in their order, by the owner. It is made once for all of them: to look for those of
#   each owner would go over all pipelines as often as there are owners.
of_owner := {owner: [use | some [_, use] in entries] | some owner, entries in _of_owner}

_of_owner[use.owner] contains [i, use] if some i, use in uses

# METADATA
# description: |
#   The owners whose pipelines together take more of `unit` than they were granted, with the pipeline that takes most.
over(unit) := [{"owner": owner, "pipelines": count(own), "total": total, "granted": granted, "most": most} |
	some owner, own in of_owner
	total := sum([use[unit] | some use in own])
	granted := object.get(input.catalog.owners[owner], ["budget", unit], 0)
	total > granted
	greatest := max([use[unit] | some use in own])
	most := [use | some use in own; use[unit] == greatest][0]
]
