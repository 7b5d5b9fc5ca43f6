"""Bottom layer: tenancy, accounts, web plumbing and small libraries."""
