"""Hashed, compressed static files, with the imports inside ES modules rewritten too."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites `import ... from "./x.js";` to the hashed name; the semicolon is required."""

    support_js_module_import_aggregation = True
