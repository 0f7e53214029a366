"""The pages' addresses."""

from django.urls import path

from heatmap import stats_csv
from heatmap.compare_page import compare
from heatmap.map_page import liquidation_map_page
from heatmap.pages import heatmap
from heatmap.scorecard_page import scorecard
from heatmap.stats_page import stats
from heatmap.status_page import status
from heatmap.tape_page import tape

urlpatterns = [
    path("", heatmap, name="heatmap"),
    path("map/", liquidation_map_page, name="map"),
    path("tape/", tape, name="tape"),
    path("stats/", stats, name="stats"),
    path("stats/exchanges.csv", stats_csv.exchanges_csv, name="stats-exchanges"),
    path("stats/symbols.csv", stats_csv.symbols_csv, name="stats-symbols"),
    path("stats/correlation.csv", stats_csv.correlation_csv, name="stats-correlation"),
    path("stats/spread.csv", stats_csv.spread_csv, name="stats-spread"),
    path("compare/", compare, name="compare"),
    path("status/", status, name="status"),
    path("scorecard/", scorecard, name="scorecard"),
]
