# METADATA
# description: |
#   The one question that conftest is asked. Each rule is a package `rules.<folder>` whose `findings` are gathered here;
#   one that a waiver covers on the day is a warning that says so.
package main

import data.lib

denied contains data.waiver.applied(finding) if {
	some rule
	some finding in data.rules[rule].findings
}

denied contains finding if some finding in data.waiver.findings

# What conftest asks for, in one query: it evaluates `warn` by another one, and every rule with it a second time.
deny contains finding if some finding in denied

# Which rules were asked, so that silence is told from consent; the tool takes it out of the findings.
deny contains {"code": "policy.asked", "msg": "asked", "rules": array.concat(
	[rule | some rule; data.rules[rule].findings],
	["waiver" | data.waiver.findings],
)}

# A rule whose list is missing would find nothing, and seem content.
denied contains finding if {
	some path in [
		["admission", "cron_workflow", "marks"],
		["admission", "cron_workflow", "metadata"],
		["admission", "cron_workflow", "required"],
		["admission", "cron_workflow", "spec"],
		["admission", "cron_workflow", "steering"],
		["admission", "cron_workflow", "workflow_spec"],
		["admission", "namespace", "kinds"],
		["admission", "namespace", "reserved"],
		["admission", "pod", "fan_out"],
		["admission", "pod", "gc_strategies"],
		["admission", "pod", "interpreters"],
		["admission", "pod", "patch", "container"],
		["admission", "pod", "patch", "pod"],
		["admission", "pod", "retry_expressions"],
		["admission", "pod", "retry_limit"],
		["admission", "pod", "templates"],
		["admission", "pod", "volumes"],
		["admission", "sizes", "config_map"],
		["admission", "sizes", "node"],
		["admission", "sizes", "packed_node"],
		["admission", "sizes", "run"],
		["admission", "sizes", "template"],
		["admission", "sizes", "variable"],
		["images"],
		["owners"],
		["platform", "waivers", "longest_days"],
		["secrets"],
		["sizes"],
	]
	object.get(input.catalog, path, null) == null
	finding := object.union(lib.in_catalog(path[0], array.slice(path, 1, count(path))), {
		"code": "policy.no_data",
		"msg": sprintf("standards/catalog/%s.yaml does not hold %s, which rules read", [path[0], _rest(path)]),
		"remedy": "restore it from Git",
		"severity": "error",
	})
}

_rest(path) := "anything" if count(path) == 1

else := lib.dotted(array.slice(path, 1, count(path)))
