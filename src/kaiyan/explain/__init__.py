"""What a model does and why it fails: summaries, diagnoses, fixes that were tried."""
