"""Pages about people and organizations: access, form, one service call, page or part."""
