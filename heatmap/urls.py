"""The pages' addresses."""

from django.urls import path

from heatmap import pages, scorecard_page

urlpatterns = [
    path("", pages.heatmap, name="heatmap"),
    path("scorecard/", scorecard_page.scorecard, name="scorecard"),
]
