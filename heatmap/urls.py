"""The pages' addresses."""

from django.urls import path

from heatmap.compare_page import compare
from heatmap.pages import heatmap
from heatmap.scorecard_page import scorecard
from heatmap.tape_page import tape

urlpatterns = [
    path("", heatmap, name="heatmap"),
    path("tape/", tape, name="tape"),
    path("compare/", compare, name="compare"),
    path("scorecard/", scorecard, name="scorecard"),
]
