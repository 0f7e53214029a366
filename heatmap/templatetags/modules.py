"""Links to all that a page imports, so that a browser need not find it out step by step."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

_IMPORT = re.compile(r'^(?:import|\}) ?.*?"(\.[^"]+)";', re.M)


@register.simple_tag
def module_links(entry: str) -> SafeString:
    """Write a `modulepreload` for a module, named as for `static`, and for all that it imports."""
    links = ((static(name),) for name in imported(entry))
    return format_html_join("\n  ", '<link rel="modulepreload" href="{}">', links)


@cache
def imported(entry: str) -> tuple[str, ...]:
    """Return the names of a module and of all modules below it, each once, the nearest first."""
    names = [entry]
    for name in names:
        names += [found for found in _imports(name) if found not in names]
    return tuple(dict.fromkeys(names))


def _imports(name: str) -> list[str]:
    path = finders.find(name)
    if path is None:
        raise LookupError(f"There is no module {name} in the static files.")
    told = _IMPORT.findall(Path(str(path)).read_text())
    return [normpath(join(dirname(name), relative)) for relative in told]
