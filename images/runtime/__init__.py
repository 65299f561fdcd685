"""What every step program stands on, a module for each thing that it asks of its pod or leaves behind."""
