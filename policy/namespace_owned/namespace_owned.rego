# METADATA
# title: A project has its own namespace and nothing else
# description: |
#   A project's objects are in the namespace of its name, are of the allowed kinds, and do not use a name of the platform.
package rules.namespace_owned

import data.lib
import data.lib.reserved

# METADATA
# title: Object outside the namespace
# custom:
#   short_name: other_namespace
#   failure_msg: '%s: %s %s is in namespace "%s"; it belongs in "%s"'
#   solution: 'leave the namespace to dac render, which takes the project''s name'
findings contains finding if {
	some manifest in misplaced
	expected := _namespace(place(manifest), manifest.project)
	manifest.namespace != expected
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["metadata", "namespace"]),
		[manifest.path, manifest.kind, manifest.name, manifest.namespace, expected],
	)
}

# METADATA
# title: Kind that may not be there
# custom:
#   short_name: kind
#   failure_msg: '%s: %s %s is of a kind that may not be in %s'
#   solution: 'take it out, or add the kind to standards/catalog/admission.yaml with the reason'
findings contains finding if {
	some manifest in misplaced
	not place(manifest)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["kind"]),
		[manifest.path, manifest.kind, manifest.name, _folder(manifest)],
	)
}

# METADATA
# title: Shared object with another name
# custom:
#   short_name: name
#   failure_msg: '%s: %s is named "%s"; outside its namespace an object bears the project''s name "%s"'
#   solution: 'name it like the project'
findings contains finding if {
	some manifest in misplaced
	place(manifest) != "own"
	manifest.name != manifest.project
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["metadata", "name"]),
		[manifest.path, manifest.kind, manifest.name, manifest.project],
	)
}

# METADATA
# title: Namespace without the labels that hold it
# description: |
#   The admission policies are bound to the label `dac.dev/project`, and Pod Security to its own.
# custom:
#   short_name: label
#   failure_msg: '%s: the label %s of the namespace is "%s"; it has to be "%s"'
#   solution: 'restore it in standards/platform/namespace/namespace.yaml'
findings contains finding if {
	some manifest in input.manifests
	manifest.kind == "Namespace"
	manifest.project != null
	some label, expected in {"dac.dev/project": manifest.project, "pod-security.kubernetes.io/enforce": "restricted"}
	value := object.get(manifest.labels, label, "") # without labels it stands as another does, whose were judged
	value != expected
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["metadata", "labels", label]),
		[manifest.path, label, value, expected],
	)
}

# METADATA
# title: Name of the platform
# custom:
#   short_name: reserved
#   failure_msg: 'the project name "%s" is reserved: it is %s'
#   solution: 'rename the folder'
findings contains finding if {
	some project in input.projects
	where := _reserved(project.name)
	finding := lib.finding(rego.metadata.chain(), lib.in_decisions(project, []), [project.name, where])
}

# The few that are looked at closely, out of the very many that stand as they should.
misplaced := array.concat(_first, [_in(project, manifest) | some manifest in _first; some project in manifest.also])

_first := [manifest |
	some manifest in input.manifests
	manifest.project != null
	where := object.get(_kinds, [split(manifest.path, "/")[3], manifest.kind], "")
	not _sound(where, manifest)
]

# What stands in the same place in another project, and is named after that one where it is named after a project.
_in(project, manifest) := object.union(manifest, {
	"path": sprintf("projects/%s/%s", [project, trim_prefix(manifest.path, sprintf("projects/%s/", [manifest.project]))]),
	"project": project,
	"name": lib.named(project, manifest, "name"),
	"namespace": lib.named(project, manifest, "namespace"),
})

_sound("own", manifest) if manifest.namespace == manifest.project

_sound(where, manifest) if {
	manifest.name == manifest.project
	manifest.namespace == _elsewhere[where]
}

# The namespace of what stands outside of the project's own.
_elsewhere := {where: _namespace(where, "") | some _, kinds in _kinds; some _, where in kinds; where != "own"}

# What the catalog says of the kind in the folder under rendered/ that holds it; undefined where it may not be there.
place(manifest) := _kinds[_folder(manifest)][manifest.kind]

# Empty where the catalog does not hold them, which main denies.
_kinds := kinds if {
	kinds := lib.admission.namespace.kinds
	is_object(kinds)
} else := {}

_folder(manifest) := split(manifest.path, "/")[3]

_namespace("own", project) := project

_namespace("cluster", _) := ""

_namespace(where, _) := where if not where in {"own", "cluster"}

_reserved(name) := where if {
	where := reserved.names[name]
} else := sprintf("one of %s* in standards/catalog/admission.yaml", [min(begun)]) if {
	strings.any_prefix_match(name, reserved.beginnings)
	begun := {beginning | some beginning in reserved.beginnings; startswith(name, beginning)}
} else := sprintf("one of *%s in standards/catalog/admission.yaml", [min(ended)]) if {
	strings.any_suffix_match(name, reserved.endings)
	ended := {ending | some ending in reserved.endings; endswith(name, ending)}
}
