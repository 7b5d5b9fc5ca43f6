"""Pages of mailboxes: access, form, one service call, page or part."""
