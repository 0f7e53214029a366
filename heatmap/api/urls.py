"""The API's addresses. Fixed ones come before those that hold a name."""

from django.urls import path, re_path, register_converter
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from heatmap.api.comparisons import Clusters, Correlation
from heatmap.api.exchanges import ExchangeDetail, ExchangeGaps, Exchanges, ExchangesHealth
from heatmap.api.export import Export
from heatmap.api.heatmap import Heatmap, HeatmapTimeseries, Levels
from heatmap.api.liquidations import LiquidationDetail, Liquidations, LiquidationSpread
from heatmap.api.live import LiveStats
from heatmap.api.margin import MarginCalculate, MarginTiers
from heatmap.api.observed import ObservedPositions
from heatmap.api.predicted import Explain, FrozenZones, LiquidationMap
from heatmap.api.prices import Klines
from heatmap.api.scorecard import Scorecards
from heatmap.api.service import Alive, Health, Metrics, Ready
from heatmap.api.totals import DateRange, LiquidationHistory, LiquidationSummary, Symbols
from heatmap.api.views import Nowhere


class EventId:
    """A venue, a colon, and whatever the venue's key holds."""

    regex = "[^/:]+:.+"

    def to_python(self, value: str) -> str:
        """Return the id as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Return the id as it stands."""
        return value


register_converter(EventId, "event_id")

urlpatterns = [
    path("exchanges", Exchanges.as_view(), name="exchanges"),
    path("exchanges/health", ExchangesHealth.as_view(), name="exchanges-health"),
    path("exchanges/<str:name>", ExchangeDetail.as_view(), name="exchange"),
    path("exchanges/<str:name>/gaps", ExchangeGaps.as_view(), name="exchange-gaps"),
    path("symbols", Symbols.as_view(), name="symbols"),
    path("data/date-range", DateRange.as_view(), name="date-range"),
    path("prices/klines", Klines.as_view(), name="klines"),
    path("liquidations", Liquidations.as_view(), name="liquidations"),
    path("liquidations/export", Export.as_view(), name="liquidations-export"),
    path("health", Health.as_view(), name="health"),
    path("healthz", Alive.as_view(), name="healthz"),
    path("readyz", Ready.as_view(), name="readyz"),
    path("metrics", Metrics.as_view(), name="metrics"),
    path("liquidations/heatmap", Heatmap.as_view(), name="liquidations-heatmap"),
    path(
        "liquidations/heatmap-timeseries",
        HeatmapTimeseries.as_view(),
        name="liquidations-heatmap-timeseries",
    ),
    path("ws/stats", LiveStats.as_view(), name="ws-stats"),
    path("liquidations/levels", Levels.as_view(), name="liquidations-levels"),
    path("liquidations/map", LiquidationMap.as_view(), name="liquidations-map"),
    path("liquidations/zones", FrozenZones.as_view(), name="liquidations-zones"),
    path("liquidations/observed", ObservedPositions.as_view(), name="liquidations-observed"),
    path("liquidations/explain", Explain.as_view(), name="liquidations-explain"),
    path("margin/calculate", MarginCalculate.as_view(), name="margin-calculate"),
    path("margin/tiers/<str:symbol>", MarginTiers.as_view(), name="margin-tiers"),
    path("scorecard", Scorecards.as_view(), name="scorecards"),
    path("liquidations/history", LiquidationHistory.as_view(), name="liquidations-history"),
    path("liquidations/summary", LiquidationSummary.as_view(), name="liquidations-summary"),
    path("liquidations/clusters", Clusters.as_view(), name="liquidations-clusters"),
    path("liquidations/correlation", Correlation.as_view(), name="liquidations-correlation"),
    path("liquidations/spread", LiquidationSpread.as_view(), name="liquidations-spread"),
    path("liquidations/<event_id:event_id>", LiquidationDetail.as_view(), name="liquidation"),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    re_path(
        r"^(?:exchanges|liquidations|margin|symbols|data|prices|api)(?:/.*)?$", Nowhere.as_view()
    ),
]
