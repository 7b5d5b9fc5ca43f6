"""The web shell: what every page stands on. `helpdesk/web/README.md` says how to make a page."""
