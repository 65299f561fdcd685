# METADATA
# title: Templates of kinds that the rules see
# description: |
#   A template that creates objects, sends requests or is defined in another file would run what no rule has checked.
package rules.template_kind

import data.lib
import data.lib.pods

# METADATA
# title: Kind that may not be used
# custom:
#   short_name: forbidden
#   failure_msg: 'template "%s" is of the kind "%s"'
#   solution: 'write it as a container; kinds are listed under pod.templates of standards/catalog/admission.yaml'
findings contains finding if {
	some entry in pods.templates
	some kind in ["data", "http", "plugin", "resource"]
	entry.template[kind]
	not kind in lib.admission.pod.templates
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, [kind])),
		[entry.name, kind],
	)
}

# METADATA
# title: Template of no kind
# custom:
#   short_name: none
#   failure_msg: 'template "%s" is of none of the kinds that are known'
#   solution: 'write it as a container, script, dag or steps'
findings contains finding if {
	some entry in pods.templates
	every kind in lib.admission.pod.templates {
		not entry.template[kind]
	}
	not entry.template.template
	finding := lib.finding(rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer), [entry.name])
}

# METADATA
# title: Template in another file
# custom:
#   short_name: elsewhere
#   failure_msg: '%s of "%s" runs a template of "%s"'
#   solution: 'write the template here, or share it as a fragment'
findings contains finding if {
	some entry in pods.tasks
	reference := entry.task.templateRef
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, ["templateRef"])),
		[lib.dotted(entry.pointer), entry.standard.object.metadata.name, object.get(reference, "name", "")],
	)
}
