# METADATA
# title: Requests and limits on every container
# description: A container without them takes what its neighbours need, or is refused by the quota of the namespace.
package rules.resources

import data.lib
import data.lib.pods

# METADATA
# title: Resources not said
# custom:
#   short_name: missing
#   failure_msg: 'container "%s" has no resources.%s.%s'
#   solution: write it in the template; a size may change it by podSpecPatch
findings contains finding if {
	some entry in pods.containers
	some kind in ["requests", "limits"]
	some resource in ["cpu", "memory"]
	not _is_set(entry.container, kind, resource)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer),
		[entry.name, kind, resource],
	)
}

_is_set(container, kind, resource) if {
	value := container.resources[kind][resource]
	not value in {"", "0", 0, null}
}
