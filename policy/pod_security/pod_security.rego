# METADATA
# title: Pods as the restricted profile has them
# description: |
#   The namespaces enforce the Pod Security Standard "restricted". A pod that needs more would be refused in the cluster.
package rules.pod_security

import data.lib
import data.lib.pods

# METADATA
# title: Container that may gain privileges
# custom:
#   short_name: privileged
#   failure_msg: 'container "%s" does not say %s'
#   solution: 'write it in the securityContext of the container'
findings contains finding if {
	some entry in pods.containers
	context := object.get(entry.container, "securityContext", {})
	some [text, holds] in [
		["allowPrivilegeEscalation: false", object.get(context, "allowPrivilegeEscalation", true) == false],
		["capabilities: {drop: [ALL]}", "ALL" in object.get(context, ["capabilities", "drop"], [])],
	]
	not holds
	finding := lib.finding(rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer), [entry.name, text])
}

# METADATA
# title: Container that asks for more
# custom:
#   short_name: capability
#   failure_msg: 'container "%s" says %s'
#   solution: 'take it out'
findings contains finding if {
	some entry in pods.containers
	context := object.get(entry.container, "securityContext", {})
	some text in array.concat(
		["privileged: true" | context.privileged],
		[sprintf("capabilities.add %v", [context.capabilities.add]) | count(context.capabilities.add) > 0],
	)
	finding := lib.finding(rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer), [entry.name, text])
}

# METADATA
# title: Pod that may run as root
# custom:
#   short_name: root
#   failure_msg: 'template "%s" runs container "%s" without %s'
#   solution: 'write it in spec.securityContext'
findings contains finding if {
	some entry in pods.containers
	some [text, path, wanted] in [
		["runAsNonRoot: true", ["runAsNonRoot"], {true}],
		["seccompProfile: {type: RuntimeDefault}", ["seccompProfile", "type"], {"RuntimeDefault", "Localhost"}],
	]
	not _effective(entry, path) in wanted
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer),
		[entry.standard.object.metadata.name, entry.name, text],
	)
}

# METADATA
# title: Pod that runs as root
# custom:
#   short_name: user
#   failure_msg: 'container "%s" runs as user 0'
#   solution: 'choose another user'
findings contains finding if {
	some entry in pods.containers
	_effective(entry, ["runAsUser"]) == 0
	finding := lib.finding(rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer), [entry.name])
}

# METADATA
# title: Pod that reaches its host
# custom:
#   short_name: host
#   failure_msg: '%s of "%s" reaches the host'
#   solution: 'take it out'
findings contains finding if {
	some [standard, at, spec] in _specs
	some key in ["hostIPC", "hostNetwork", "hostPID"]
	spec[key]
	pointer := array.concat(at, [key])
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, pointer),
		[lib.dotted(pointer), standard.object.metadata.name],
	)
}

# METADATA
# title: Port of the host
# custom:
#   short_name: host_port
#   failure_msg: 'container "%s" takes port %v of its host'
#   solution: 'take hostPort out'
findings contains finding if {
	some entry in pods.containers
	some port in object.get(entry.container, "ports", [])
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer),
		[entry.name, port.hostPort],
	)
}

# METADATA
# title: Volume of another kind
# custom:
#   short_name: volume
#   failure_msg: 'the volume "%s" of "%s" is of the kind %s'
#   solution: 'use a kind that standards/catalog/admission.yaml lists under pod.volumes'
findings contains finding if {
	some [standard, at, spec] in array.concat(_specs, _templates)
	some i, volume in object.get(spec, "volumes", [])
	some kind, _ in volume
	not kind in array.concat(lib.admission.pod.volumes, ["name", "$retainKeys"])
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, array.concat(at, ["volumes", i])),
		[volume.name, standard.object.metadata.name, kind],
	)
}

# A container's own word, else its template's, else the workflow's; null where none says.
_effective(entry, path) := array.concat(
	[value |
		some context in [entry.container, entry.template, entry.standard.object.spec]
		value := object.get(context, array.concat(["securityContext"], path), null)
		value != null
	],
	[null],
)[0]

_templates := [[entry.standard, entry.pointer, entry.template] | some entry in pods.templates]

# The specifications, and the patches that a size may make of a pod.
_specs := array.concat(
	[[standard, ["spec"], standard.object.spec] | some standard in input.standards],
	[[entry.standard, array.concat(entry.pointer, ["podSpecPatch"]), patch] |
		some entry in pods.pods
		some patch in pods.patches(entry.template)
	],
)
