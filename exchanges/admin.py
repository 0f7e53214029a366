"""Health in the admin: to look at, never to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from exchanges.models import ExchangeHealth, Gap, HealthSample, RejectedFrame, WorkerLease

# Readable on white and on the admin's dark background alike.
_COLORS = {
    "live": "#1a9850",
    "subscribed": "#3b82c4",
    "connecting": "#3b82c4",
    "silent": "#b8860b",
    "off": "#7f7f7f",
}
_DOWN = "#d73027"

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Any]
else:
    _Admin = admin.ModelAdmin


class ReadOnlyAdmin(_Admin):
    """A list to filter and search; rows come from the worker alone."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="state", ordering="state")
    def colored_state(self, row: ExchangeHealth | HealthSample) -> SafeString:
        """Return the state in its colour; the word carries the meaning."""
        color = _COLORS.get(row.state, _DOWN)
        return format_html('<b style="color:{}">● {}</b>', color, row.state)


@admin.register(ExchangeHealth)
class ExchangeHealthAdmin(ReadOnlyAdmin):
    """How every venue's feed is doing, as the worker last told it."""

    list_display = [
        "exchange",
        "colored_state",
        "since",
        "reason",
        "last_event_at",
        "message_count",
        "error_count",
        "unknown_value_count",
        "refused_market_count",
        "uptime_percent",
        "updated_at",
    ]
    list_filter = ["state", "is_connected"]
    search_fields = ["exchange", "reason", "last_error"]


@admin.register(HealthSample)
class HealthSampleAdmin(ReadOnlyAdmin):
    """The last seven days, a sample a minute."""

    list_display = [
        "taken_at",
        "exchange",
        "colored_state",
        "is_connected",
        "message_count",
        "error_count",
    ]
    list_filter = ["exchange", "state", "is_connected"]
    search_fields = ["exchange"]
    date_hierarchy = "taken_at"


@admin.register(Gap)
class GapAdmin(ReadOnlyAdmin):
    """Every interval in which a feed was not proven to deliver."""

    list_display = ["exchange", "started_at", "ended_at", "reason", "repaired_by", "repaired_rows"]
    list_filter = ["exchange", ("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["exchange", "reason"]
    date_hierarchy = "started_at"


@admin.register(RejectedFrame)
class RejectedFrameAdmin(ReadOnlyAdmin):
    """Frames that did not fit or could not be true, whole, each with the reason."""

    list_display = ["received_time", "exchange", "short_reason", "outcome"]
    list_filter = ["exchange", ("retry_asked_at", admin.EmptyFieldListFilter)]
    search_fields = ["exchange", "reason", "frame"]
    date_hierarchy = "received_time"
    actions = ["try_again"]

    @admin.display(description="reason", ordering="reason")
    def short_reason(self, row: RejectedFrame) -> str:
        """Return the beginning of the reason."""
        return Truncator(row.reason).chars(120)

    @admin.action(description="Try again with today's adapter", permissions=["view"])
    def try_again(self, request: HttpRequest, frames: QuerySet[RejectedFrame]) -> None:
        """Ask the worker to read the frames again; it says in `outcome` what came of it."""
        asked = frames.update(retry_asked_at=timezone.now(), outcome="")
        self.message_user(request, f"The worker will try {asked} again within seconds.")


@admin.register(WorkerLease)
class WorkerLeaseAdmin(ReadOnlyAdmin):
    """The worker that writes this store."""

    list_display = ["holder", "started_at", "renewed_at", "ended_at"]
