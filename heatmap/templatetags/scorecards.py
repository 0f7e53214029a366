"""How the page names a scorecard in its addresses."""

from __future__ import annotations

from django import template

from heatmap.scorecard_page import key

register = template.Library()
register.filter("card_key", key)
