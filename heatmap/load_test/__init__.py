"""Many clients at once against a running site, over HTTP and the live socket."""
