# METADATA
# title: No secret in Git
# description: |
#   Whoever reads the repository, its history or a manifest in the cluster would have it; a Secret is mounted by name instead.
package rules.secret_value

import data.lib

# METADATA
# title: Value that looks like a secret
# custom:
#   short_name: pattern
#   failure_msg: '%s holds what looks like %s'
#   solution: 'take it out, revoke it, and give it through a Secret of the namespace'
findings contains finding if {
	some [at, value] in texts
	regex.match(any_pattern, value)
	some name, facts in input.catalog.secrets
	regex.match(facts.pattern, value)
	finding := lib.finding(rego.metadata.chain(), at, [_where(at), object.get(facts, "what", name)])
}

# METADATA
# title: Value that looks random
# custom:
#   short_name: random
#   failure_msg: '%s holds a random-looking text of %d characters'
#   solution: 'take it out if it is a secret, revoke it, and give it through a Secret of the namespace'
findings contains finding if {
	some [at, value] in texts
	some word in regex.find_n(`[A-Za-z0-9+_=-]{32,}`, value, -1)
	count({letter | some letter in split(word, "")}) >= 20
	every class in [`[a-z]`, `[A-Z]`, `[0-9].*[0-9].*[0-9]`] {
		regex.match(class, word)
	}
	finding := lib.finding(rego.metadata.chain(), at, [_where(at), count(word)])
}

# METADATA
# title: Field of a secret with a value
# custom:
#   short_name: named
#   failure_msg: '%s is written out'
#   solution: 'give it through a Secret of the namespace, by name'
findings contains finding if {
	some [at, value] in texts
	regex.match(named_field, sprintf("%v", [at.pointer[count(at.pointer) - 1]]))
	regex.match(`[A-Za-z].*[0-9]|[0-9].*[A-Za-z]`, value)
	count(value) >= 12
	not contains(value, "{{")
	finding := lib.finding(rego.metadata.chain(), at, [_where(at)])
}

# METADATA
# title: Secret in a manifest
# custom:
#   short_name: kind
#   failure_msg: '%s: the Secret %s is a manifest'
#   solution: 'let a person or an external store make it in the cluster'
findings contains finding if {
	some manifest in input.manifests
	manifest.kind == "Secret"
	finding := lib.finding(rego.metadata.chain(), lib.in_manifest(manifest, ["kind"]), [manifest.path, manifest.name])
}

# Every text that a person wrote, and what the platform's templates make of the catalog for a project.
texts := array.concat(array.concat(decided, offered), rendered)

decided := [[lib.in_decisions(project, array.concat(["pipelines"], path)), value] |
	some project in input.projects
	_suspect(json.marshal(project.pipelines))
	walk(project.pipelines, [path, value])
	is_string(value)
]

# Whether the text of all decisions of a project is worth a look at each; an escape could hide the beginning of a word.
_suspect(text) if regex.match(any_pattern, text)

_suspect(text) if regex.match(`[A-Za-z0-9+_=-]{32,}`, text)

_suspect(text) if regex.match(named_field, text)

_suspect(text) if contains(text, `\`)

named_field := `(?i)(passw(or)?d|secret|token|api_?key|credential|private_?key)s?\b`

offered := [[lib.in_catalog(kind, path), value] |
	some kind, names in input.catalog
	kind != "secrets"
	walk(names, [path, value])
	is_string(value)
]

rendered := [[lib.in_manifest(manifest, path), value] |
	some manifest in input.manifests
	manifest.kind != "CronWorkflow"
	walk(manifest.object, [path, value])
	is_string(value)
]

# One look at each text for all patterns together; which one it was is asked of the few that match.
any_pattern := concat("|", [sprintf("(?:%s)", [facts.pattern]) | some facts in input.catalog.secrets])

_where(at) := sprintf("%s of %s", [lib.dotted(at.pointer), at.path])
