"""What the steps of an evaluation stand on: datasets, answers, metrics, statistics, and what steps hand each other."""
