# METADATA
# title: No parameter where text becomes program
# description: |
#   Argo inserts a parameter as text before anything reads it. As an environment variable or as the key of a map it stays
#   text; elsewhere it can become code.
package rules.parameter_injection

import data.lib
import data.lib.pods

# METADATA
# title: Patch of another shape
# custom:
#   short_name: patch
#   failure_msg: '%s of %s is not a map of patches chosen by one parameter'
#   solution: 'write "{{=toJson({...}[workflow.parameters.NAME])}}" with the map made from the catalog'
findings contains finding if {
	some [standard, path, text] in _patches
	not pods.patch_map(text)
	not _plain_patch(text)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, path),
		[lib.dotted(path), standard.object.metadata.name],
	)
}

# METADATA
# title: Parameter in a program
# custom:
#   short_name: source
#   failure_msg: '%s of %s has a parameter inside a program: %s'
#   solution: 'give it to the program as an environment variable'
findings contains finding if {
	some [standard, path, text] in _braced
	some key in path
	key in {"source", "command", "manifest", "image", "code"}
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, path),
		[lib.dotted(path), standard.object.metadata.name, _short(text)],
	)
}

# METADATA
# title: Parameter for an interpreter
# custom:
#   short_name: interpreter
#   failure_msg: 'container "%s" gives text with a parameter to an interpreter: %s'
#   solution: 'give it to the program as an environment variable'
findings contains finding if {
	some entry in pods.containers
	arguments := object.get(entry.container, "args", [])
	words := array.concat(object.get(entry.container, "command", []), arguments)
	some at, word in words
	lower(split(word, "/")[count(split(word, "/")) - 1]) in lib.admission.pod.interpreters
	some i, argument in arguments
	contains(argument, "{{")
	_is_program(array.slice(words, at + 1, count(words)), argument)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, ["args", i])),
		[entry.name, _short(argument)],
	)
}

# Beside an option that takes a program every word may become one; else the word that names what to run, or comes before.
_is_program(words, _) if {
	some word in words
	regex.match(`^-[A-Za-z]*[ce]`, word)
}

_is_program(words, argument) if argument in array.slice(words, 0, 1)

_is_program(words, argument) if {
	words[0] == "-m"
	words[1] == argument
}

# METADATA
# title: Parameter spliced into an expression
# custom:
#   short_name: expression
#   failure_msg: '%s of %s splices text into an expression: %s'
#   solution: 'name the value inside one expression, as in {{=workflow.parameters.NAME == "x"}}'
findings contains finding if {
	some [standard, path, text] in _braced
	path[count(path) - 1] in {"when", "expression"}
	regex.match(`\{\{[^=]*\b(workflow|inputs)\.parameters\.`, text)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, path),
		[lib.dotted(path), standard.object.metadata.name, _short(text)],
	)
}

# METADATA
# title: Parameter spliced into an expression by braces
# custom:
#   short_name: nested
#   failure_msg: '%s of %s has {{..}} inside {{=..}}: %s'
#   solution: 'name the value inside the expression, without braces of its own'
findings contains finding if {
	some [standard, path, text] in _braced
	some expression in regex.find_n(`(?s)\{\{=.*?\}\}`, text, -1)
	count(indexof_n(expression, "{{")) > 1
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, path),
		[lib.dotted(path), standard.object.metadata.name, _short(text)],
	)
}

_plain_patch(text) if {
	json.is_valid(text)
	not contains(text, "{{")
}

_patches := array.concat(
	[[standard, ["spec", "podSpecPatch"], standard.object.spec.podSpecPatch] | some standard in input.standards],
	[[entry.standard, array.concat(entry.pointer, ["podSpecPatch"]), entry.template.podSpecPatch] |
		some entry in pods.templates
	],
)

# Every text with a parameter or an expression in it.
_braced := [[standard, array.concat(["spec"], path), text] |
	some standard in input.standards
	walk(standard.object.spec, [path, text])
	is_string(text)
	contains(text, "{{")
]

_short(text) := text if count(text) <= 80

else := sprintf("%s...", [substring(text, 0, 77)])
