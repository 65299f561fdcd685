"""What the training programs stand on."""
