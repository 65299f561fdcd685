# METADATA
# title: One run of a pipeline at a time
# description: |
#   `concurrencyPolicy` does not count runs that a person starts; a mutex named after the pipeline does.
package rules.mutex

import data.lib

# METADATA
# title: No mutex
# custom:
#   short_name: missing
#   failure_msg: 'template "%s" has no mutex named by {{workflow.parameters.pipeline}}'
#   solution: 'add it under spec.synchronization.mutexes'
findings contains finding if {
	some standard in input.standards
	names := {mutex.name | some mutex in object.get(standard.object, ["spec", "synchronization", "mutexes"], [])}
	not _by_pipeline(names)
	finding := lib.finding(rego.metadata.chain(), lib.in_template(standard, ["spec"]), [standard.object.metadata.name])
}

_by_pipeline(names) if {
	some name in names
	contains(name, "{{workflow.parameters.pipeline}}")
}
