"""Starts the parts of Postroom as children of one supervising process, where no container engine does."""
