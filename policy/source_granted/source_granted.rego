# METADATA
# title: Sources that the owner may read
# description: |
#   What a project reads is granted, not decided: `reads` of its owner in standards/catalog/owners.yaml. Without a grant the
#   pods are refused by the object store, or reach no server, in the middle of the night.
package rules.source_granted

import data.lib

# METADATA
# title: Source of the catalog that the owner may not read
# custom:
#   short_name: not_named
#   value: 0
#   failure_msg: 'no grant lets %s read the source "%s", which pipeline "%s" of %s collects'
#   solution: 'have the platform team list it under `reads` of the owner in standards/catalog/owners.yaml'
findings contains finding if {
	some use in _uses
	not contains(use.source, "://")
	not _named(use)
	not _covered(use, object.get(input.catalog, ["sources", use.source, "address"], ""))
	finding := lib.finding(rego.metadata.chain(), _at(use), [use.project.owner, use.source, use.pipeline, use.project.name])
}

# METADATA
# title: Address that the owner may not read
# custom:
#   short_name: not_covered
#   severity: warning
#   value: 0
#   failure_msg: 'no grant of the catalog lets %s read "%s", which pipeline "%s" of %s indexes'
#   solution: 'have the platform team list it under `reads` of the owner in standards/catalog/owners.yaml, and apply `dac grants`'
findings contains finding if {
	some use in _uses
	contains(use.source, "://")
	not _covered(use, use.source)
	finding := lib.finding(rego.metadata.chain(), _at(use), [use.project.owner, use.source, use.pipeline, use.project.name])
}

_uses := [{"project": project, "pipeline": name, "decision": decision, "path": path, "source": source} |
	some project in input.projects
	some name, pipeline in project.pipelines
	some decision in object.get(lib.standard_of_ref[pipeline.standard].limits, "reads", [])
	walk(pipeline[decision], [path, source])
	is_string(source)
]

_at(use) := lib.in_pipeline(use.project, use.pipeline, array.concat([use.decision], use.path))

_named(use) if use.source in object.get(input.catalog, ["owners", use.project.owner, "reads"], [])

# What lies at or under a place that the owner reads, or under the project's own.
_covered(use, address) if {
	strings.any_prefix_match(concat("", [address, "/"]), object.get(_prefixes, use.project.owner, []))
}

_covered(use, address) if {
	startswith(_artifacts, "s3://")
	startswith(concat("", [address, "/"]), concat("", [_artifacts, "/", use.project.name, "/"]))
}

_prefixes := {owner: [concat("", [trim_right(place, "/"), "/"]) |
	some place in object.get(input.catalog, ["owners", owner, "reads"], [])
	is_string(place) # the catalog's schema finds another
	startswith(place, "s3://")
] |
	some owner, _ in input.catalog.owners
}

_artifacts := trim_right(object.get(input.catalog, ["endpoints", "artifacts", "address"], ""), "/")
