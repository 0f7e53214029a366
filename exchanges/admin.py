"""Health in the admin: to look at, never to change."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from exchanges.models import Claim, ExchangeHealth, Gap, HealthSample, RejectedFrame, WorkerLease

# Readable on white and on the admin's dark background alike.
_COLORS = {
    "live": "#1a9850",
    "subscribed": "#3b82c4",
    "connecting": "#3b82c4",
    "silent": "#b8860b",
    "off": "#7f7f7f",
}
_DOWN = "#d73027"
# How a spreadsheet's formula begins; what a venue wrote must not become one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Any]
else:
    _Admin = admin.ModelAdmin


class ReadOnlyAdmin(_Admin):
    """A list to filter and search; rows come from the worker alone."""

    show_full_result_count = False
    list_per_page = 50
    actions = ["export_csv"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
        """Answer with all columns of the rows, times in UTC; text never begins a formula."""
        names = [field.attname for field in self.opts.concrete_fields]
        name = f"{self.opts.model_name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.csv"
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        lines = csv.writer(answer)
        lines.writerow(names)
        for row in rows.values_list(*names).iterator():
            lines.writerow([_cell(value) for value in row])
        return answer

    @admin.display(description="state", ordering="state")
    def colored_state(self, row: ExchangeHealth | HealthSample) -> SafeString:
        """Return the state in its colour; the word carries the meaning."""
        color = _COLORS.get(row.state, _DOWN)
        return format_html('<b style="color:{}">● {}</b>', color, row.state)


def _cell(value: Any) -> Any:
    """Return a value as a CSV holds it: ISO times, no formulas, NULL as nothing."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


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
    date_hierarchy = "since"


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
    actions = ["export_csv", "try_again"]

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
    """The workers that write this store."""

    list_display = ["holder", "started_at", "renewed_at", "ended_at", "trouble"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["holder", "trouble"]
    date_hierarchy = "started_at"


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    """Which of several workers runs what."""

    list_display = ["name", "worker", "changed_at"]
