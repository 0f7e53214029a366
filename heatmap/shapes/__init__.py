"""The shapes of answers. OpenAPI is written from them, so a docstring here is read by users.

Values are US dollars; rows whose value is not known count, and add nothing.
"""
