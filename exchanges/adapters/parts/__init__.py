"""What an adapter has that is worth a room of its own; no venue is looked for in here."""
