"""What an organization says: replies, forwards, their recipients, tokens and MIME. Ends in mailboxes' outbox."""
