# METADATA
# title: Objects stay within what the cluster keeps
# description: |
#   Argo keeps a run in one object, the template's spec and a node for every try of every shard, and ends a run whose
#   object grows over 1 MiB. Kubernetes refuses a ConfigMap over 1 MiB, and Linux a variable over 128 KiB.
package rules.object_size

import data.lib

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
	_read(manifest.name)
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
#   solution: 'name the entry of the catalog with letters, digits, "-", "_" and "." alone, 253 at most, and not ".." first'
#   value: 0
findings contains finding if {
	some manifest in _config_maps
	some key, _ in manifest.object.data
	not _is_key(key)
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
	size := _packed(_bytes(json.marshal(standard.object.spec)), standard.nodes)
	size > _limits.run
	finding := lib.finding(
		rego.metadata.chain(), lib.in_standard(standard, ["limits"]),
		[lib.ref(standard), standard.nodes, size, _limits.run],
	)
}

# METADATA
# title: Argument too long for a variable
# custom:
#   short_name: argument
#   failure_msg: 'argument "%s" of %s/%s has %v bytes, over the limit of %v for a variable of a pod'
#   solution: 'shorten the decision that it is made of, or let it name an entry of the catalog'
#   value: 0
findings contains finding if {
	some manifest in _large
	some i, parameter in manifest.object.spec.workflowSpec.arguments.parameters
	size := _bytes(parameter.value)
	size > _limits.variable
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["spec", "workflowSpec", "arguments", "parameters", i, "value"]),
		[parameter.name, manifest.project, manifest.name, size, _limits.variable],
	)
}

# METADATA
# title: Variable too long for a program
# custom:
#   short_name: literal
#   failure_msg: 'the variable "%s" of %s "%s" has %v bytes, over the limit of %v: its program would not start'
#   solution: 'shorten the entries of the catalog that it is made of, or have fewer of them'
#   value: 0
findings contains finding if {
	some manifest in _large
	walk(manifest.object, [path, variable])
	path[count(path) - 2] == "env"
	size := _bytes(variable.value)
	size > _limits.variable
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, path),
		[variable.name, manifest.kind, manifest.name, size, _limits.variable],
	)
}

# METADATA
# title: Object too large
# custom:
#   short_name: object
#   failure_msg: '%s "%s" has %v bytes, over the limit of %v'
#   solution: 'split what it is made of: Kubernetes keeps no object over 1.5 MiB'
#   value: 0
findings contains finding if {
	some manifest in _large
	not manifest.kind in {"ConfigMap", "ClusterWorkflowTemplate"}
	manifest.bytes > _limits.object
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, []),
		[manifest.kind, manifest.name, manifest.bytes, _limits.object],
	)
}

_limits := lib.admission.sizes

# Of others the document says no size: they are far below each limit.
_large := [manifest | some manifest in input.manifests; manifest.bytes]

_is_key(key) if {
	regex.match(`^[-._a-zA-Z0-9]{1,253}$`, key)
	key != "."
	not startswith(key, "..")
}

# The ConfigMaps whose keys pods get as variables.
_read(name) if startswith(name, "catalog-")

_read("endpoints")

_config_maps := [manifest | some manifest in input.manifests; manifest.kind == "ConfigMap"; manifest.object.data]

# Where a person can act: the kind of the catalog that the map is made of.
_at(manifest, pointer) := lib.in_catalog(kind, pointer) if {
	kind := manifest.object.metadata.labels["dac.dev/catalog"]
} else := lib.in_manifest(manifest, array.concat(["data"], pointer))

# `count` of a text is of its characters.
_bytes(text) := floor((count(trim_right(base64.encode(text), "=")) * 3) / 4)

# Argo compresses nodes once the object has more than 1 MiB. Near that it stands either way.
_packed(spec, nodes) := spec + (nodes * _limits.node) if spec + (nodes * _limits.node) <= _limits.run

else := spec + (nodes * _limits.packed_node)
