"""The API's addresses."""

from django.urls import path

from heatmap.api.exchanges import Exchanges, ExchangesHealth
from heatmap.api.liquidations import Heatmap, HeatmapTimeseries, Liquidations

urlpatterns = [
    path("exchanges", Exchanges.as_view(), name="exchanges"),
    path("exchanges/health", ExchangesHealth.as_view(), name="exchanges-health"),
    path("liquidations", Liquidations.as_view(), name="liquidations"),
    path("liquidations/heatmap", Heatmap.as_view(), name="liquidations-heatmap"),
    path(
        "liquidations/heatmap-timeseries",
        HeatmapTimeseries.as_view(),
        name="liquidations-heatmap-timeseries",
    ),
]
