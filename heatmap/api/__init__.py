"""The HTTP API: one view = one input serializer, one query, one answer."""
