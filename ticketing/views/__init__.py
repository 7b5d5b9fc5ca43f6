"""Pages of tickets: access, form, one service call, page or part."""
