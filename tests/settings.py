"""The project's own settings on a data folder of the test run's own.

Static files are served as they lie; a test of its own collects and hashes them.
"""

import os
import tempfile

os.environ["LIQSITE_DATA_DIR"] = tempfile.mkdtemp(prefix="liqsite-tests-")

from liqsite.settings import *  # noqa: F403
from liqsite.settings import STATIC_ROOT, STORAGES

STATIC_ROOT.mkdir()
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# One address asks everything here; the test of the limit sets one.
LIQSITE_RATE_LIMIT_RPM = 0
