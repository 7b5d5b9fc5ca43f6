"""`make bench`: what Postroom costs, against a floor measured in the same run on the same machine."""
