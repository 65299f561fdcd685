"""Says whether what was loaded is well-formed; whether it is allowed is said by policy/."""
