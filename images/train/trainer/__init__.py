"""The modules that the training programs share: datasets, tokens, training steps, checkpoints and serving."""
