"""What else a venue publishes of its market, over REST; no venue is looked for in here."""
