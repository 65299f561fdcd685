# The small tree allows everything: its cases are about what is well-formed.
package main

deny contains "never" if false

# As policy/lib says which rules were asked.
warn contains {"code": "policy.asked", "msg": "asked", "rules": ["main"]}
