# METADATA
# title: Objects stay within what the cluster keeps
# description: |
#   Argo keeps a run in one object, the template's spec and a node for every try of every shard, and ends a run whose
#   object grows over 1 MiB. Kubernetes refuses a ConfigMap over 1 MiB, and Linux a variable over 128 KiB.
package rules.object_size

import data.lib
import data.lib.pods

# METADATA
# title: Template too large
# custom:
#   short_name: template
#   failure_msg: 'the spec of template "%s" has %v bytes, over the limit of %v, and Argo copies it into every run'
#   solution: 'have pods read facts from a ConfigMap (standards/platform/catalog) instead of maps in the template'
#   value: 0
findings contains finding if {
	some standard in input.standards
	size := _bytes(json.marshal(standard.object.spec))
	size > _limits.template
	name := standard.object.metadata.name
	finding := lib.finding(rego.metadata.chain(), lib.in_template(standard, ["spec"]), [name, size, _limits.template])
}

# METADATA
# title: ConfigMap too large
# custom:
#   short_name: config_map
#   failure_msg: 'ConfigMap "%s" has %v bytes, over the limit of %v'
#   solution: 'remove what nothing names, or split it in two'
#   value: 0
findings contains finding if {
	some manifest in _config_maps
	size := sum([bytes | some key, text in manifest.object.data; bytes := _bytes(key) + _bytes(text)])
	size > _limits.config_map
	finding := lib.finding(rego.metadata.chain(), _at(manifest, []), [manifest.name, size, _limits.config_map])
}

# METADATA
# title: Facts too long for a variable
# custom:
#   short_name: variable
#   failure_msg: '"%s" of ConfigMap "%s" has %v bytes, over the limit of %v for a variable of a pod'
#   solution: 'shorten the entry in the catalog'
#   value: 0
findings contains finding if {
	some manifest in _config_maps
	startswith(manifest.name, "catalog-")
	some key, text in manifest.object.data
	size := _bytes(text)
	size > _limits.variable
	finding := lib.finding(rego.metadata.chain(), _at(manifest, [key]), [key, manifest.name, size, _limits.variable])
}

# METADATA
# title: Key that no ConfigMap may have
# custom:
#   short_name: key
#   failure_msg: '"%s" cannot be a key of ConfigMap "%s"'
#   solution: 'name the entry of the catalog with letters, digits, "-", "_" and "." alone, 253 at most'
#   value: 0
findings contains finding if {
	some manifest in _config_maps
	some key, _ in manifest.object.data
	not regex.match(`^[-._a-zA-Z0-9]{1,253}$`, key)
	finding := lib.finding(rego.metadata.chain(), _at(manifest, [key]), [key, manifest.name])
}

# METADATA
# title: Run too large
# custom:
#   short_name: run
#   failure_msg: 'a run of %s may have %v nodes and an object of %v bytes, over the limit of %v'
#   solution: 'lower limits.max_shards in standard.yaml, or how often a shard is tried again'
#   value: 0
findings contains finding if {
	some standard in input.standards
	nodes := _nodes(standard)
	size := _packed(_bytes(json.marshal(standard.object.spec)), nodes)
	size > _limits.run
	finding := lib.finding(
		rego.metadata.chain(), lib.in_standard(standard, ["limits"]),
		[lib.ref(standard), nodes, size, _limits.run],
	)
}

_limits := lib.admission.sizes

_config_maps := [manifest | some manifest in input.manifests; manifest.kind == "ConfigMap"; manifest.object.data]

# Where a person can act: the kind of the catalog that the map is made of.
_at(manifest, pointer) := lib.in_catalog(kind, pointer) if {
	kind := manifest.object.metadata.labels["dac.dev/catalog"]
} else := lib.in_manifest(manifest, array.concat(["data"], pointer))

# `count` of a text is of its characters.
_bytes(text) := floor((count(trim_right(base64.encode(text), "=")) * 3) / 4)

# As Argo packs it: nodes are compressed once the object has more than 1 MiB.
_packed(spec, nodes) := spec + (nodes * _limits.node) if spec + (nodes * _limits.node) <= 1048576

else := spec + (nodes * _limits.packed_node)

# Every task once, and beside it what fans out again: the most shards of all lists together, and each sequence.
_nodes(standard) := (once + shards) + sequences if {
	tasks := [entry.task | some entry in pods.tasks; entry.standard == standard]
	once := sum([_each(standard, task) | some task in tasks])
	fans := {_each(standard, task) | some task in tasks; task.withParam}
	shards := _shards(standard) * max(fans | {0})
	sequences := sum([nodes | some task in tasks; nodes := _length(standard, task) * _each(standard, task)])
}

_shards(standard) := object.get(standard.limits, "max_shards", 0)

_length(_, task) := count(task.withItems)

_length(standard, task) := object.get(standard.limits, "max_sequence", 0) if task.withSequence

# The nodes of one call of a task: of a pod its tries and the node around them, of a DAG those of its own tasks too.
_each(standard, task) := 1 + sum([_tries(called) | some inner in _inner(standard, task); some called in _called(standard, inner)]) if {
	count(_inner(standard, task)) > 0
} else := sum([_tries(called) | some called in _called(standard, task)])

_called(standard, task) := [template | some template in standard.object.spec.templates; template.name == task.template]

_inner(standard, task) := [inner |
	some called in _called(standard, task)
	some inner in array.concat(object.get(called, ["dag", "tasks"], []), [step | some group in object.get(called, "steps", []); some step in group])
]

_tries(template) := 2 + to_number(object.get(template.retryStrategy, "limit", 0)) if template.retryStrategy

else := 1
