# The small tree allows everything: its cases are about what is well-formed.
package main

# As policy/lib says which rules were asked.
deny contains {"code": "policy.asked", "msg": "asked", "rules": ["main"]}
