# METADATA
# description: |
#   What each pipeline may use at once, by the size that its CronWorkflow passes - a size by default too. Counted are the
#   pods of the role that the standard's `limits.pod` names, and of those that run beside them: `limits.beside`, each
#   with the argument that must be given (`where`) if it does not run always.
package lib.budget

import data.lib
import data.lib.arguments

# METADATA
# description: Where the size of a pipeline stands.
at(use) := lib.in_manifest(use.manifest, ["spec", "workflowSpec", "arguments", "parameters", "size"])

uses := [object.union(asked, _taken[asked.kind]) | some asked in _asked]

# Of each kind that any of them is of: very many pipelines are of few.
_taken := {[size, roles]: {
	"counted": counted,
	"pods": sum([pod.parallelism | some pod in counted]),
	"gpus": sum([gpus | some pod in counted; gpus := pod.parallelism * pod.gpu]),
} |
	some [size, roles] in _kinds
	counted := [pod | some role in roles; pod := _pod(size, role)]
}

# METADATA
# description: Pipelines whose use cannot be computed, since their size does not list the pods that their standard counts.
uncounted := [object.union(asked, {"role": role}) |
	some [kind, role] in {[[size, roles], role] | some [size, roles] in _kinds; some role in roles; not _pod(size, role)}
	some asked in _asked
	asked.kind == kind
]

_kinds := {asked.kind | some asked in _asked}

_asked := [asked |
	some entry in arguments.given
	manifest := entry.manifest
	limits := lib.standard_of_template[entry.template].limits
	size := _size(entry)
	asked := {
		"pipeline": manifest.object.metadata.name,
		"owner": object.get(_owner, manifest.project, ""),
		"template": entry.template,
		"manifest": manifest,
		"kind": [size, _roles(limits, entry)],
		"size": size,
	}
]

_size(entry) := sizes[0] if {
	sizes := [size | some parameter, size in _sizes; parameter in entry.parameters]
	count(entry.names) == count(entry.parameters)
} else := concat("", [parameter.value |
	some parameter in entry.parameters
	parameter.name == "size"
	is_string(parameter.value) # another value is found by argument_pattern
])

_sizes := {{"name": "size", "value": size}: size | some size, _ in input.catalog.sizes}

_roles(limits, entry) := array.concat(
	[object.get(limits, "pod", "")],
	[beside.role | some beside in object.get(limits, "beside", []); _runs(beside, entry)],
)

_runs(beside, _) if not beside.where

_runs(beside, entry) if {
	beside.where in entry.names
	not arguments.is_given(entry, beside.where, "")
}

_pod(size, role) := input.catalog.sizes[size].pods[role]

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
