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
	some [standard, pointer, template] in array.concat(_listed, _inline)
	given := object.get(standard.object.spec, "templateDefaults", {})
	defaults := object.filter(given, [key | some key, _ in given; _completes(key, template)])
	entry := {
		"standard": standard,
		"pointer": pointer,
		"template": object.union(defaults, template),
		"name": object.get(template, "name", "inline"),
	}
]

_listed := [[standard, ["spec", "templates", i], template] |
	some standard in input.standards
	some i, template in standard.object.spec.templates
]

_inline := [[entry.standard, array.concat(entry.pointer, ["inline"]), entry.task.inline] |
	some entry in tasks
	is_object(entry.task.inline)
]

# METADATA
# description: |
#   Every task and step of every standard, and every hook, with its pointer. Only what can hold one is walked through:
#   the containers with their environment are most of a standard.
tasks := [{"standard": standard, "pointer": array.concat(pointer, path), "task": task} |
	some [standard, pointer, part] in _flows
	walk(part, [path, task])
	is_object(task)
	some key in ["template", "templateRef", "inline"]
	task[key]
]

_flows := array.concat(
	[[standard, array.concat(pointer, [key]), template[key]] |
		some [standard, pointer, template] in _listed
		some key in ["dag", "steps", "hooks"]
		template[key]
	],
	[[standard, ["spec", "hooks"], standard.object.spec.hooks] | some standard in input.standards],
)

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
patch_map(text) := {"parameter": match[2], "patches": json.unmarshal(match[1])} if {
	match := regex.find_all_string_submatch_n(_patch_shape, text, 1)[0]
	json.is_valid(match[1])
}

# METADATA
# description: Every patch that a template's pod may get, chosen by name or plain.
patches(template) := [patch | some patch in patch_map(template.podSpecPatch).patches] if {
	patch_map(template.podSpecPatch)
} else := [json.unmarshal(template.podSpecPatch)] if {
	json.is_valid(template.podSpecPatch)
} else := []
