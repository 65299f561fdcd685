"""Where documents come from: a folder, a prefix of the object store, a Git repository, a web site."""
