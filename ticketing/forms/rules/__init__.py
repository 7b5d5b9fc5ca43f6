"""The form of a rule: a tree of conditions and a list of actions, of any length, without a script."""
