# METADATA
# title: Waivers are dated, bound and answered for
# description: |
#   A waiver in policy/waivers.yaml exempts one project, or a file or folder of it, from one finding with one value, until
#   a date. It names its owner and the reason. What it exempts is evaluated and printed, as a warning. A waiver that is
#   past its date, too long, too wide, or that nothing needs is a finding itself.
package waiver

import data.lib

# METADATA
# title: Waiver past its day
# custom:
#   short_name: expired
#   failure_msg: 'the waiver of %s for %s ended on %s; %s answers for it: %s'
#   solution: 'fix what it excepted and remove it, or extend it with a reason that still holds'
findings contains finding if {
	some i, waiver in input.waivers
	waiver.until < input.today
	finding := lib.finding(
		rego.metadata.chain(), _at([i, "until"]),
		[waiver.rule, waiver.path, waiver.until, waiver.owner, waiver.reason],
	)
}

# METADATA
# title: Waiver for too long
# custom:
#   short_name: too_long
#   failure_msg: 'the waiver of %s for %s ends on %s; the longest term is %v days from today'
#   solution: 'choose an earlier day; extend it by then, with a reason that still holds'
findings contains finding if {
	some i, waiver in input.waivers
	_days_left(waiver) > _longest
	finding := lib.finding(
		rego.metadata.chain(), _at([i, "until"]),
		[waiver.rule, waiver.path, waiver.until, _longest],
	)
}

# METADATA
# title: Waiver for more or less than a project
# custom:
#   short_name: scope
#   failure_msg: 'the waiver of %s for "%s" is not for one project'
#   solution: 'name projects/<project>, or a file or folder in it; write one waiver for each project'
findings contains finding if {
	some i, waiver in input.waivers
	not _of_one_project(waiver)
	finding := lib.finding(rego.metadata.chain(), _at([i, "path"]), [waiver.rule, waiver.path])
}

# METADATA
# title: Waiver of no finding
# custom:
#   short_name: unknown_rule
#   failure_msg: 'the waiver for %s names "%s", which no rule of policy/ finds'
#   solution: 'name a code as findings bear it, such as gpu_budget.over_limit; policy/README.md lists them'
findings contains finding if {
	some i, waiver in input.waivers
	not waiver.rule in input.codes
	finding := lib.finding(rego.metadata.chain(), _at([i, "rule"]), [waiver.path, waiver.rule])
}

# METADATA
# title: Waiver that nobody answers for
# custom:
#   short_name: unknown_owner
#   failure_msg: 'the waiver of %s for %s names the owner "%s", which standards/catalog/owners.yaml does not hold'
#   solution: 'name an owner from there'
findings contains finding if {
	some i, waiver in input.waivers
	not input.catalog.owners[waiver.owner]
	finding := lib.finding(rego.metadata.chain(), _at([i, "owner"]), [waiver.rule, waiver.path, waiver.owner])
}

# METADATA
# title: Waiver of another value
# custom:
#   short_name: widened
#   failure_msg: 'the waiver of %s for %s is for %v, and what is found is %v'
#   solution: 'go back to what was waived, or have the new value reviewed: write it as `value`'
findings contains finding if {
	some i, waiver in input.waivers
	_holds(waiver)
	some spoken_of in _speaks_of[i]
	not _covers(waiver, spoken_of)
	not _covered(spoken_of)
	finding := lib.finding(rego.metadata.chain(), _at([i, "value"]), [waiver.rule, waiver.path, waiver.value, spoken_of.value])
}

# METADATA
# title: Waiver that nothing needs
# description: Told only where all projects are checked, since a finding may be about several of them together.
# custom:
#   short_name: unused
#   failure_msg: 'the waiver of %s for %s excepts nothing: there is no such finding'
#   solution: 'remove it'
findings contains finding if {
	input.whole
	some i, waiver in input.waivers
	_holds(waiver)
	waiver.rule in input.codes
	_judged(waiver)
	count(_speaks_of[i]) == 0
	finding := lib.finding(rego.metadata.chain(), _at([i]), [waiver.rule, waiver.path])
}

# METADATA
# description: |
#   The finding; where a waiver covers it, as a warning that says until when, who answers for it and why.
applied(finding) := finding if not _covered(finding)

applied(finding) := object.union(finding, {"severity": "warning", "msg": text}) if {
	waivers := [waiver | some waiver in input.waivers; _covers(waiver, finding)]
	count(waivers) > 0
	text := sprintf("%s; waived until %s, %s left, by %s: %s", [
		finding.msg, waivers[0].until, lib.counted(_days_left(waivers[0]), "day"), waivers[0].owner, waivers[0].reason,
	])
}

_covered(finding) if {
	some waiver in input.waivers
	_covers(waiver, finding)
}

_covers(waiver, finding) if {
	_holds(waiver)
	_is_about(waiver, finding)
	_fits(waiver.value, finding)
}

# A waiver that has a fault of its own excepts nothing.
_holds(waiver) if {
	waiver.until >= input.today
	_days_left(waiver) <= _longest
	_of_one_project(waiver)
}

_is_about(waiver, finding) if {
	waiver.rule == finding.code
	startswith(sprintf("%s/", [finding.path]), sprintf("%s/", [_folder(waiver)]))
}

# What rules found, by the index of the waiver that speaks of it.
_speaks_of[i] := [finding |
	some rule
	some finding in data.rules[rule].findings
	_is_about(waiver, finding)
] if {
	some i, waiver in input.waivers
}

_fits(value, finding) if sprintf("%v", [value]) == sprintf("%v", [finding.value])

_fits(value, finding) if {
	finding.wider == "more"
	is_number(value)
	is_number(finding.value)
	finding.value <= value
}

_fits(value, finding) if {
	finding.wider == "less"
	is_number(value)
	is_number(finding.value)
	finding.value >= value
}

_folder(waiver) := trim_suffix(waiver.path, "/")

_of_one_project(waiver) if {
	regex.match(`^projects/[a-z0-9][a-z0-9-]*(/[^/]+)*$`, _folder(waiver))
	parts := {part | some part in split(_folder(waiver), "/")}
	parts & {".", ".."} == set()
}

# A project with errors of its own is not evaluated, so nothing is known of what its waivers are for.
_judged(waiver) if split(waiver.path, "/")[1] in {project.name | some project in input.projects}

_longest := input.catalog.platform.waivers.longest_days

_days_left(waiver) := round((_day(waiver.until) - _day(input.today)) / ((24 * 3600) * 1000000000))

# Within what nanoseconds can count: a day outside of it is as far away as one at its edge.
_day(text) := time.parse_ns("2006-01-02", max({"1970-01-01", min({"2200-01-01", text})}))

_at(pointer) := {"path": "policy/waivers.yaml", "pointer": array.concat(["waivers"], pointer)}
