"""Pages derived from the tree: each standard's README.md, the handbook and CODEOWNERS."""
