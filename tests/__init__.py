"""The tests of Postroom; the folders mirror the source."""
