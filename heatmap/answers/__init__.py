"""From stored rows to the shapes that the API and the pages serve, a module a theme."""
