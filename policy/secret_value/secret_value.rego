# METADATA
# title: No secret in Git
# description: |
#   Everyone who can read the repository, its history or a manifest in the cluster could read it. Mount a Secret by name.
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
	some word in random_words(value)
	_random(word)
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
	not _filled_by_the_cluster(manifest)
	finding := lib.finding(rego.metadata.chain(), lib.in_manifest(manifest, ["kind"]), [manifest.path, manifest.name])
}

# A token's Secret holds nothing in Git: the cluster fills it in for the ServiceAccount that it names. A manifest without
# `object` repeats one that was judged.
_filled_by_the_cluster(manifest) if not manifest.object

_filled_by_the_cluster(manifest) if {
	manifest.object.type == "kubernetes.io/service-account-token"
	object.keys(manifest.object) & {"data", "stringData"} == set()
}

# Every text of every unit that is worth a look at each of its texts.
texts := [[{"path": path, "kind": kind, "pointer": array.concat(pointer, rest)}, value] |
	some group, units in _groups
	_suspect(_flats[group])
	some [path, kind, pointer, unit] in units
	_suspect(_flat(unit))
	walk(unit, [rest, value])
	is_string(value)
]

# What a person wrote, and what the platform's templates make of it: [file, kind of the object, pointer, value].
_groups := {
	"projects": [[project.file, "", ["pipelines"], project.pipelines] | some project in input.projects],
	"standards": [[standard.file, "", ["spec"], standard.object.spec] | some standard in input.standards],
	"catalog": [[lib.in_catalog(kind, []).path, "", [], names] | some kind, names in input.catalog; kind != "secrets"],
	"manifests": [[manifest.path, manifest.kind, [], manifest.object] |
		some manifest in input.manifests
		manifest.kind != "CronWorkflow"
		manifest.object
		not manifest.repeats
	],
}

# A unit as one text. What JSON escapes becomes a dot, since a letter of an escape could hide the beginning of a word.
_flat(unit) := regex.replace(json.marshal(unit), `\\(u[0-9a-fA-F]{4}|.)`, ".")

# All units of a group as one: where it is not suspect, none of them is.
_flats := {group: _flat([unit | some [_, _, _, unit] in units]) | some group, units in _groups}

_all_flats := concat("\n", [flat | some flat in _flats])

# A needle is looked for first, and in all units at once: a pattern alone, over all of a large tree, took longer than all
# other rules.
_needled contains name if {
	some name, facts in input.catalog.secrets
	some needle in object.get(facts, "needles", [""])
	contains(_all_flats, needle)
}

_suspect(text) if {
	some name in _needled
	some needle in object.get(input.catalog.secrets[name], "needles", [""])
	contains(text, needle)
	regex.match(input.catalog.secrets[name].pattern, text)
}

_suspect(text) if {
	some word in random_words(text)
	_random(word)
}

_suspect(text) if {
	count(_named) > 0
	lowered := lower(text)
	some word in _named
	some [_, value] in regex.find_all_string_submatch_n(concat("", [word, `"([^"]{12,})"`]), lowered, -1)
	regex.match(`[a-z].*[0-9]|[0-9].*[a-z]`, value)
	not contains(value, "{{")
}

# How a field that `named_field` knows is written in JSON, as far as any unit has it.
_named contains name if {
	text := lower(_all_flats)
	some word in _secret_words
	some plural in ["", "s"]
	name := concat("", [word, plural, `":`])
	contains(text, concat("", [name, `"`]))
}

# With the character before it, or else Go's expressions begin anew at each character of a word: twice as long.
random_words(text) := [substring(word, 1, -1) |
	some word in regex.find_n(`[^A-Za-z0-9+_=-][A-Za-z0-9+_=-]{32,}`, concat("", [" ", text]), -1)
]

_random(word) if {
	count({letter | some letter in split(word, "")}) >= 20
	every class in [`[a-z]`, `[A-Z]`, `[0-9].*[0-9].*[0-9]`] {
		regex.match(class, word)
	}
}

_secret_words := ["passwd", "password", "secret", "token", "apikey", "api_key", "credential", "privatekey", "private_key"]

named_field := sprintf("(?i)(%s)s?$", [concat("|", _secret_words)])

# One look at each text for all patterns together; which one it was is asked of the few that match.
any_pattern := concat("|", [sprintf("(?:%s)", [facts.pattern]) | some facts in input.catalog.secrets])

_where(at) := sprintf("%s of %s", [lib.dotted(at.pointer), at.path])
