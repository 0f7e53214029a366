"""The API's addresses."""

from django.urls import path

from heatmap.api.exchanges import Exchanges, ExchangesHealth
from heatmap.api.export import Export
from heatmap.api.liquidations import Heatmap, HeatmapTimeseries, Liquidations
from heatmap.api.service import Health, Ready, alive, metrics

urlpatterns = [
    path("exchanges", Exchanges.as_view(), name="exchanges"),
    path("exchanges/health", ExchangesHealth.as_view(), name="exchanges-health"),
    path("liquidations", Liquidations.as_view(), name="liquidations"),
    path("liquidations/export", Export.as_view(), name="liquidations-export"),
    path("health", Health.as_view(), name="health"),
    path("healthz", alive, name="healthz"),
    path("readyz", Ready.as_view(), name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("liquidations/heatmap", Heatmap.as_view(), name="liquidations-heatmap"),
    path(
        "liquidations/heatmap-timeseries",
        HeatmapTimeseries.as_view(),
        name="liquidations-heatmap-timeseries",
    ),
]
