"""What the worker tells the site about itself: health now and before, gaps, its lease."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import models

SOLE_WORKER, TOOL = "worker", "worker tool"
"""Who may be the only one on a store; one of several workers is `worker` and its journal's name."""
LEASE_SECONDS = 5
"""A worker that has not renewed its lease for so long is taken to be dead."""


class ExchangeHealth(models.Model):
    """How one venue's feed is doing now: one row a venue, written by the worker only.

    The fields are those of `exchanges.events.ExchangeHealth`.
    """

    class State(models.TextChoices):
        """The steps of a feed; only `subscribed` and `live` are connected."""

        OFF = "off"
        CONNECTING = "connecting"
        SUBSCRIBED = "subscribed"
        LIVE = "live"
        SILENT = "silent"
        RECONNECTING = "reconnecting"
        FAILED = "failed"
        BLOCKED = "blocked"

    exchange = models.CharField(max_length=32, primary_key=True)
    state = models.CharField(max_length=16, choices=State.choices)
    since = models.DateTimeField()
    reason = models.TextField(blank=True)
    is_connected = models.BooleanField()
    last_heartbeat = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    message_count = models.PositiveIntegerField(help_text="with liquidations, last 60 s")
    error_count = models.PositiveIntegerField(help_text="last 60 s")
    unknown_value_count = models.PositiveIntegerField(
        default=0, help_text="liquidations without a USD value, since the worker's start"
    )
    refused_market_count = models.PositiveIntegerField(
        default=0, help_text="rows of market data that could not be true, since the worker's start"
    )
    uptime_percent = models.FloatField(null=True, help_text="last 24 h of samples")
    last_error = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["exchange"]
        verbose_name_plural = "exchange health"

    def __str__(self) -> str:
        return f"{self.exchange} {self.state}"


class Gap(models.Model):
    """An interval in which a feed was not proven to deliver; open while `ended_at` is null."""

    exchange = models.CharField(max_length=32)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField()
    repaired_at = models.DateTimeField(null=True)
    repaired_by = models.TextField(blank=True, help_text="where past liquidations came from")
    repaired_rows = models.PositiveIntegerField(null=True, help_text="how many came")

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["exchange", "started_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["exchange"], condition=models.Q(ended_at=None), name="one_open_gap"
            )
        ]

    def __str__(self) -> str:
        return f"{self.exchange} {self.started_at:%Y-%m-%d %H:%M:%S} {self.reason}"


class Watch(models.Model):
    """Since when a venue has been watched at all; before that nothing is covered."""

    exchange = models.CharField(max_length=32, primary_key=True)
    started_at = models.DateTimeField()

    class Meta:
        ordering = ["exchange"]
        verbose_name_plural = "watches"

    def __str__(self) -> str:
        return f"{self.exchange} since {self.started_at:%Y-%m-%d %H:%M:%S}"


class RejectedFrame(models.Model):
    """A frame that did not fit or could not be true, kept whole with the reason.

    Somebody may ask that it be tried again (`retry_asked_at`); the worker does, with today's
    adapter, and says in `outcome` what came of it.
    """

    id = models.CharField(max_length=64, primary_key=True, help_text="digest of all the rest")
    exchange = models.CharField(max_length=32)
    received_time = models.DateTimeField()
    reason = models.TextField()
    frame = models.TextField()
    retry_asked_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)

    class Meta:
        ordering = ["-received_time"]
        indexes = [models.Index(fields=["exchange", "received_time"])]

    def __str__(self) -> str:
        return f"{self.exchange} {self.received_time:%Y-%m-%d %H:%M:%S} {self.reason}"


class HealthSample(models.Model):
    """One look a minute at a venue's feed, kept seven days."""

    taken_at = models.DateTimeField()
    exchange = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=ExchangeHealth.State.choices)
    is_connected = models.BooleanField()
    message_count = models.PositiveIntegerField()
    error_count = models.PositiveIntegerField()

    class Meta:
        ordering = ["-taken_at"]
        indexes = [models.Index(fields=["exchange", "taken_at"])]

    def __str__(self) -> str:
        return f"{self.exchange} {self.state} {self.taken_at:%Y-%m-%d %H:%M}"


class WorkerLease(models.Model):
    """A worker's sign of life, renewed every second: the only worker's, or one of several's."""

    name = models.CharField(max_length=32, primary_key=True, default=SOLE_WORKER)
    holder = models.CharField(max_length=128, help_text="host and process of the worker")
    started_at = models.DateTimeField()
    renewed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="set by a worker that stops in order")
    trouble = models.TextField(blank=True, help_text="what keeps the worker from storing")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.holder} since {self.started_at:%Y-%m-%d %H:%M:%S}"

    def is_running(self, now: datetime | None = None) -> bool:
        """Return whether its worker has not ended and renewed it within LEASE_SECONDS."""
        age = (now or datetime.now(UTC)) - self.renewed_at
        return self.ended_at is None and age < timedelta(seconds=LEASE_SECONDS)

    @property
    def last_sign(self) -> datetime:
        """When it stopped in order, or was last seen."""
        return self.ended_at or self.renewed_at


class Claim(models.Model):
    """What one of several workers runs alone: a venue, or a job. It holds while its worker lives.

    Only whoever changes the row that it has read gets it, so that no two do.
    """

    name = models.CharField(max_length=48, primary_key=True)
    worker = models.CharField(
        max_length=32, blank=True, help_text="the name of its lease; empty: it was given up"
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name}: {self.worker or 'nobody'}"
