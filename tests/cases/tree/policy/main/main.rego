# The small tree allows everything: its cases are about what is well-formed.
package main

deny contains "never" if false
