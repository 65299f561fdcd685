# METADATA
# description: |
#   What the rules share - how a finding is made, and where the things that they speak of stand. What goes through all
#   manifests is a comprehension, made once; a rule by key would go through them again for each key.
package lib

# METADATA
# description: |
#   A finding of the rule whose `rego.metadata.chain()` is given: its words are the rule's METADATA, its code is
#   `<folder>.<short_name>`. `at` says where (`path` of a file and `pointer` into it). `value` is what a waiver has to
#   name: the argument of that index in METADATA's `value`, else the whole message; `wider` says which way it grows.
#   `sums: owner` says that it is about all projects of an owner together, wherever it stands.
#   Until the day of METADATA's `denies_from` it is a warning that says so.
finding(chain, at, args) := object.union(at, {
	"code": sprintf("%s.%s", [chain[0].path[count(chain[0].path) - 2], custom.short_name]),
	"msg": concat("", [sprintf(custom.failure_msg, args), _notice(custom)]),
	"remedy": custom.solution,
	"severity": _severity(custom),
	"value": _value(custom, args),
	"wider": object.get(custom, "wider", ""),
	"sums": object.get(custom, "sums", ""),
}) if {
	custom := chain[0].annotations.custom
}

_severity(custom) := "warning" if _warns_still(custom)

else := object.get(custom, "severity", "error")

_notice(custom) := sprintf("; denied from %s on", [custom.denies_from]) if _warns_still(custom)

else := ""

# A day that is not written as YYYY-MM-DD puts nothing off.
_warns_still(custom) if {
	regex.match(`^\d{4}-\d{2}-\d{2}$`, custom.denies_from)
	input.today < custom.denies_from
}

_value(custom, args) := args[custom.value] if custom.value >= 0

else := sprintf(custom.failure_msg, args)

# METADATA
# description: The ending of a noun after a number - `1 pod`, `2 pods`.
ending(1) := ""

ending(number) := "s" if number != 1

# METADATA
# description: A number and its noun.
counted(number, word) := sprintf("%v %s%s", [number, word, ending(number)])

in_decisions(project, pointer) := {"path": project.file, "pointer": pointer}

in_pipeline(project, name, pointer) := {"path": project.file, "pointer": array.concat(["pipelines", name], pointer)}

in_manifest(manifest, pointer) := {"path": manifest.path, "kind": manifest.kind, "pointer": pointer}

in_template(standard, pointer) := {"path": standard.file, "pointer": pointer}

in_standard(standard, pointer) := {"path": sprintf("%s/standard.yaml", [standard.folder]), "pointer": pointer}

in_catalog(kind, pointer) := {"path": sprintf("standards/catalog/%s.yaml", [kind]), "pointer": pointer}

# METADATA
# description: A standard as decisions name it.
ref(standard) := sprintf("%s@%s", [standard.name, standard.version])

# METADATA
# description: The standards by the name of their template, and by `name@version`.
standard_of_template := {name: standard |
	some standard in _standards
	some name in _templates(standard.object.metadata.name)
}

# Where projects go ahead as canaries, each template has a second name, which theirs refer to.
_templates(name) := {name, sprintf("%s-canary", [name])} if {
	count(object.get(input.catalog, ["platform", "waves", "canaries"], [])) > 0
} else := {name}

standard_of_ref := {ref(standard): standard | some standard in _standards}

# Those of which only the template's name is there are judged elsewhere.
_standards := array.concat(input.standards, object.get(input, "outlines", []))

# METADATA
# description: The projects' CronWorkflows, the one place where all manifests are looked through for them.
cron_workflows := [manifest |
	some manifest in input.manifests
	manifest.kind == "CronWorkflow"
	manifest.project != null
]

# METADATA
# description: |
#   What a manifest that stands alike in another project has there for the `name` or the `namespace`: what is named after
#   a project is named after each.
named(project, manifest, key) := project if manifest[key] == manifest.project

else := manifest[key]

# METADATA
# description: A pointer as a person writes it.
dotted(pointer) := concat(".", [sprintf("%v", [part]) | some part in pointer])

# METADATA
# description: Whether a list holds a name, as it is or by how it begins (`docs-*`).
listed(entries, name) if name in entries

listed(entries, name) if {
	some entry in entries
	endswith(entry, "*")
	startswith(name, trim_suffix(entry, "*"))
}

admission := input.catalog.admission

# METADATA
# description: Whether a name is a number of seconds, shards, pods ... and above nothing.
is_count(value) if {
	is_number(value)
	value > 0
}
