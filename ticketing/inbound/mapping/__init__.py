"""What a mail gives its ticket beside its words: values of fields, tags, the requester; and which files stay."""
