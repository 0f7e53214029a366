"""What was frozen is scored when the day has ended: once, and only what was said in time."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from exchanges.models import Watch
from exchanges.store import Writer, query
from heatmap.forecast.nightly import HORIZONS
from heatmap.scoring.verdict import NOT_ENOUGH, NOT_JUDGED
from tests.heatmap.forecast.bench import DAY, START, Bench, days, store_market
from tests.make import a_liquidation

pytestmark = pytest.mark.django_db(transaction=True)

FIVE = timedelta(minutes=5)
FIRST, LAST = 15 * DAY, 16 * DAY


async def test_a_night_scores_what_was_said_in_time_and_says_so_once(
    bench: Bench, lake: Writer, tmp_path: Path
):
    series = days(16)
    store_market(lake, series)
    await Watch.objects.acreate(exchange="binance", started_at=START)
    for candle in range(FIRST, LAST + 1, 6):
        await bench.at_close(candle)
    lake.append(
        [
            a_liquidation(
                event_id=str(candle),
                exchange_time=START + candle * FIVE + timedelta(minutes=2),
                price=float(series.mark_low[candle]),
                side="long",
            )
            for candle in range(FIRST, LAST, 3)
        ]
    )
    bench.now += timedelta(minutes=11)
    for _ in range(2):
        await bench.job._score()
        bench.restarted()
    told = query(
        lake.lake, "SELECT horizon_hours, verdict, since, until FROM scores ORDER BY 1", {}
    )
    begin, end = START + FIRST * FIVE, START + LAST * FIVE
    assert told == [
        (hours, NOT_ENOUGH if hours == 1 else NOT_JUDGED, begin, end) for hours in HORIZONS
    ]
    lines = (tmp_path / "validation" / "binance_validation.jsonl").read_text().splitlines()
    [ours] = [one for one in json.loads(lines[0])["models"] if one["name"] == "ours"]
    assert len(lines) == len(HORIZONS) and ours["hit_rate"]["value"] is not None
