"""Custom fields of tickets: what a value may be, how it is read from text, and how it is shown."""
