# METADATA
# description: |
#   The one question that conftest is asked. Each rule is a package `rules.<folder>` whose `findings` are gathered here;
#   those that a waiver covers on the day are left out.
package main

deny contains finding if {
	some rule
	some finding in data.rules[rule].findings
	not data.waiver.covered(finding)
}

deny contains finding if some finding in data.waiver.findings
