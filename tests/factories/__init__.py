"""Makes the rows that tests start from."""
