"""The pages' addresses."""

from django.urls import path

from heatmap import pages

urlpatterns = [path("", pages.heatmap, name="heatmap")]
