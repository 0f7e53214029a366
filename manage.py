#!/usr/bin/env python3
"""Run a command of the project: `python manage.py help` lists them."""

import os
import sys

if sys.version_info < (3, 11):
    sys.exit("liqsite needs Python 3.11 or newer, and this is Python %d.%d." % sys.version_info[:2])

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liqsite.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
