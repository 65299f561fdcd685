# METADATA
# description: |
#   The pods of the rendered standards. A template may be listed in `spec.templates` or written inline in a task or a
#   step; `spec.templateDefaults` completes each; a podSpecPatch of `toJson(..)[workflow.parameters.NAME]` changes it by name.
package lib.pods

container_keys := ["container", "script"]

list_paths := [["containerSet", "containers"], ["initContainers"], ["sidecars"]]

kinds := {"container", "script", "containerSet"}

# METADATA
# description: Every template of every standard, with its pointer; what templateDefaults says is filled in.
templates := [entry |
	some standard in input.standards
	spec := standard.object.spec
	walk(spec, [path, template])
	_is_template(path, template)
	pointer := array.concat(["spec"], path)
	given := object.get(spec, "templateDefaults", {})
	defaults := object.filter(given, [key | some key, _ in given; _completes(key, template)])
	entry := {
		"standard": standard,
		"pointer": pointer,
		"template": object.union(defaults, template),
		"name": object.get(template, "name", "inline"),
	}
]

_is_template(path, value) if {
	is_object(value)
	count(path) >= 2
	path[count(path) - 2] == "templates"
	is_number(path[count(path) - 1])
}

_is_template(path, value) if {
	is_object(value)
	path[count(path) - 1] == "inline"
}

# A default container completes a template's container and makes none.
_completes(key, _) if not key in kinds

_completes(key, template) if template[key]

# METADATA
# description: Those that start a pod.
pods := [entry |
	some entry in templates
	some kind in kinds
	entry.template[kind]
]

# METADATA
# description: Every container of every pod - main, script, init, sidecar, and those that a patch adds.
containers := array.concat(
	array.concat(
		[_container(entry, [key], entry.template[key], "main") |
			some entry in pods
			some key in container_keys
			entry.template[key]
		],
		[_container(entry, array.concat(path, [i]), container, _name(container)) |
			some entry in pods
			some path in list_paths
			some i, container in object.get(entry.template, path, [])
		],
	),
	[_container(entry, ["podSpecPatch"], container, _name(container)) |
		some entry in pods
		some patch in patches(entry.template)
		some key in ["containers", "initContainers", "ephemeralContainers"]
		some container in object.get(patch, key, [])
		not _name(container) in names(entry.template)
	],
)

_container(entry, path, container, name) := {
	"standard": entry.standard,
	"template": entry.template,
	"pointer": array.concat(entry.pointer, path),
	"container": container,
	"name": sprintf("%s/%s", [entry.name, name]),
}

_name(container) := object.get(container, "name", "unnamed")

# METADATA
# description: The names of a template's containers, and of those that Argo adds to each pod.
names(template) := {"main", "wait", "init"} | {_name(container) |
	some path in list_paths
	some container in object.get(template, path, [])
}

# The one shape in which a parameter may choose a patch: as the key of a map of JSON.
_patch_shape := `(?s)^\{\{=\s*toJson\((\{.*\})\[workflow\.parameters\.([a-z_]+)\]\)\s*\}\}$`

# METADATA
# description: The patches of a podSpecPatch by the value that chooses them; undefined where it has another shape.
patch_map(text) := {"parameter": found[2], "patches": json.unmarshal(found[1])} if {
	found := regex.find_all_string_submatch_n(_patch_shape, text, 1)[0]
	json.is_valid(found[1])
}

# METADATA
# description: Every patch that a template's pod may get, chosen by name or plain.
patches(template) := [patch | some patch in patch_map(template.podSpecPatch).patches] if {
	patch_map(template.podSpecPatch)
} else := [json.unmarshal(template.podSpecPatch)] if {
	json.is_valid(template.podSpecPatch)
} else := []
