# METADATA
# title: Waivers are dated and answered for
# description: |
#   A waiver in policy/waivers.yaml exempts one file or folder from one rule until a date. It names its owner and the
#   reason. After that date it has no effect, and is itself a finding until it is removed.
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
# title: Waiver of no rule
# custom:
#   short_name: unknown_rule
#   failure_msg: 'the waiver for %s names the rule "%s", which policy/ does not have'
#   solution: 'name a folder under policy/'
findings contains finding if {
	some i, waiver in input.waivers
	not waiver.rule in input.rules
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
# description: Whether a waiver that still holds excepts the finding's file, or a folder that it is in, from its rule.
covered(finding) if {
	some waiver in input.waivers
	waiver.rule == split(finding.code, ".")[0]
	waiver.until >= input.today
	startswith(sprintf("%s/", [finding.path]), sprintf("%s/", [trim_suffix(waiver.path, "/")]))
}

_at(pointer) := {"path": "policy/waivers.yaml", "pointer": array.concat(["waivers"], pointer)}
