"""What the tests on a cluster share: kubectl, an organisation that uses this repository, and what lies outside it."""
