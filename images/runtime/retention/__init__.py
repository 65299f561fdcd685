"""What the platform's sweeper may delete: what exists, what lives, what is due. images/rag/sweep.py does it."""
