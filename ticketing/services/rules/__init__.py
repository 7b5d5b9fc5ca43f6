"""Rules as people write them: saved with a version each, ordered, switched, tried, brought back."""
