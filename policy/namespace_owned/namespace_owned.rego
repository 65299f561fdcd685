# METADATA
# title: A project has its own namespace and nothing else
# description: |
#   Objects of a project stand in the namespace of its name, are of the kinds that it may have, and take no name of the platform.
package rules.namespace_owned

import data.lib

# METADATA
# title: Object outside the namespace
# custom:
#   short_name: other_namespace
#   failure_msg: '%s: %s %s is in namespace "%s"; it belongs in "%s"'
#   solution: 'leave the namespace to dac render, which takes the project''s name'
findings contains finding if {
	some manifest in owned
	expected := _namespace(manifest)
	actual := object.get(manifest.object, ["metadata", "namespace"], "")
	actual != expected
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["metadata", "namespace"]),
		[manifest.path, manifest.object.kind, _name(manifest), actual, expected],
	)
}

# METADATA
# title: Kind that may not be there
# custom:
#   short_name: kind
#   failure_msg: '%s: %s %s is of a kind that may not be in %s'
#   solution: 'take it out, or add the kind to standards/catalog/admission.yaml with the reason'
findings contains finding if {
	some manifest in owned
	not _allowed(manifest)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["kind"]),
		[manifest.path, manifest.object.kind, _name(manifest), _folder(manifest)],
	)
}

# METADATA
# title: Shared object with another name
# custom:
#   short_name: name
#   failure_msg: '%s: %s is named "%s"; outside its namespace an object bears the project''s name "%s"'
#   solution: 'name it like the project'
findings contains finding if {
	some manifest in owned
	lib.admission.namespace.kinds[_folder(manifest)][manifest.object.kind] != "own"
	_name(manifest) != manifest.project
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["metadata", "name"]),
		[manifest.path, manifest.object.kind, _name(manifest), manifest.project],
	)
}

# METADATA
# title: Name of the platform
# custom:
#   short_name: reserved
#   failure_msg: 'the project name "%s" is reserved by "%s"'
#   solution: 'rename the folder; reserved names are in standards/catalog/admission.yaml'
findings contains finding if {
	some project in input.projects
	some reserved in lib.admission.namespace.reserved
	_matches(project.name, reserved)
	finding := lib.finding(rego.metadata.chain(), lib.in_decisions(project, []), [project.name, reserved])
}

owned := [manifest | some manifest in input.manifests; manifest.project != null]

_folder(manifest) := split(manifest.path, "/")[3]

_name(manifest) := object.get(manifest.object, ["metadata", "name"], "")

_allowed(manifest) if lib.admission.namespace.kinds[_folder(manifest)][manifest.object.kind]

_namespace(manifest) := _place(lib.admission.namespace.kinds[_folder(manifest)][manifest.object.kind], manifest.project)

_place("own", project) := project

_place("cluster", _) := ""

_place(place, _) := place if not place in {"own", "cluster"}

_matches(name, reserved) if name == reserved

_matches(name, reserved) if {
	endswith(reserved, "*")
	startswith(name, trim_suffix(reserved, "*"))
}
