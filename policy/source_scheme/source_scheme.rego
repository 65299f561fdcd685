# METADATA
# title: Sources of an allowed kind
# description: |
#   A standard lists where its input may come from; pods cannot reach other places.
package rules.source_scheme

import data.lib

# METADATA
# title: Address of a kind that the standard does not allow
# custom:
#   short_name: not_allowed
#   value: 0
#   failure_msg: '"%s" is an address of kind "%s"; %s allows %s'
#   solution: 'put the data where the standard reads it, or add the scheme to limits.schemes of the standard with the reason'
findings contains finding if {
	some [project, name, pipeline, path, address] in _addresses
	scheme := lower(split(address, "://")[0])
	allowed := object.get(lib.standard_of_ref[pipeline.standard].limits, "schemes", [])
	not scheme in allowed
	finding := lib.finding(
		rego.metadata.chain(), lib.in_pipeline(project, name, path),
		[address, scheme, pipeline.standard, concat(", ", array.concat(allowed, [text | count(allowed) == 0; text := "none"]))],
	)
}

# METADATA
# title: Address that goes up
# custom:
#   short_name: goes_up
#   value: 0
#   failure_msg: '"%s" has the part "%s", so where it leads cannot be read off it'
#   solution: 'write the address without it'
findings contains finding if {
	some [project, name, _, path, address] in _addresses
	contains(concat("", ["/", address]), "/.")
	some part in ({part | some part in split(address, "/")} & {".", ".."})
	finding := lib.finding(rego.metadata.chain(), lib.in_pipeline(project, name, path), [address, part])
}

_addresses := [[project, name, pipeline, path, address] |
	some project in input.projects
	some name, pipeline in project.pipelines
	walk(pipeline, [path, address])
	is_string(address)
	contains(address, "://")
]
