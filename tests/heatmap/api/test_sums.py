"""Parts add up to wholes, whatever is stored: over venues, sides, cells, steps and rows."""

from __future__ import annotations

import asyncio
import json
from itertools import count
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchanges.adapters import adapters
from exchanges.models import Gap, Watch
from exchanges.store import Writer
from tests.heatmap.api.rows import a_gap, a_row, ago, watch

pytestmark = pytest.mark.django_db

EXCHANGES = ("binance", "bybit", "okx")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(EXCHANGES),
        st.sampled_from(["long", "short"]),
        st.floats(70_000, 90_000),
        st.none() | st.floats(0, 1e7),
        st.sampled_from(["forced", "forced", "backstop", "adl"]),
        st.floats(0.1, 47),
    ),
    max_size=40,
)
CHOSEN = st.sets(st.sampled_from(EXCHANGES))
# Each example has a symbol of its own: the lake is one for all of them.
NUMBERS = count()


def exported(client: Client, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of an export of what totals count."""
    answer: Any = client.get(
        "/liquidations/export", asked | {"format": "ndjson", "type": "forced,backstop"}
    )
    assert answer.status_code == 200, answer.content

    async def lines() -> list[bytes]:
        whole = b"".join([piece async for piece in answer.streaming_content])
        return whole.splitlines()

    return [json.loads(line) for line in asyncio.run(lines())]


class Told:
    """What the addresses say of one question."""

    def __init__(self, client: Client, asked: dict[str, Any]) -> None:
        def ask(path: str, **more: Any) -> Any:
            answer = client.get(f"/liquidations{path}", asked | more)
            assert answer.status_code == 200, answer.content
            return answer.json()

        span = {"start": ago(hours=48).isoformat()}
        same = {"start_time": span["start"]}
        self.rows = ask("", limit=500, **span)["liquidations"]
        self.exported = exported(client, asked | span)
        self.history = ask("/history", **span)
        self.zones = ask("/heatmap", **span)
        self.levels = ask("/levels", **span)
        self.series = ask("/heatmap-timeseries", breakdown="true", **same)
        self.columns = ask("/heatmap-timeseries", format="columns", **same)

    def sums(self, side: str) -> list[float]:
        """Return what each address holds on one side."""
        density = f"{side}_density"
        steps = [level for row in self.series["data"] for level in row["levels"]]
        return [
            sum(row["value_usd"] or 0 for row in self.rows if row["side"] == side),
            sum(row["value_usd"] or 0 for row in self.exported if row["side"] == side),
            self.history["totals"][side],
            sum(bucket[side] for bucket in self.history["data"]),
            sum(z["total_density"] for z in self.zones["zones"] if z["side"] == side),
            sum(level[side] for level in self.levels["levels"]),
            sum(level[density] for level in steps),
            sum(p[side] for level in steps for p in level["exchange_breakdown"].values()),
            self.columns["totals"][side],
            sum(
                value or 0
                for column in self.columns["cells"]
                if column["side"] == side
                for value in column["value_usd"]
            ),
            *(
                sum(part[side] for part in answer["per_exchange"].values())
                for answer in (self.history, self.columns)
            ),
        ]


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events=EVENTS, chosen=CHOSEN)
def test_parts_add_up_to_wholes(client: Client, lake: Writer, events: list[Any], chosen: set[str]):
    symbol = f"S{next(NUMBERS)}USDT"
    events = [("okx", "long", 80_000.0, None, "forced", 1.0), *events]
    lake.append(
        [
            a_row(n, exchange, side, price, value, symbol=symbol, liquidation_type=kind,
                  event_id=f"{exchange}:{symbol}{n}", exchange_time=ago(hours=age))
            for n, (exchange, side, price, value, kind, age) in enumerate(events)
        ]
    )  # fmt: skip
    told = Told(client, {"symbol": symbol, "exchanges": ",".join(sorted(chosen))})
    names = chosen or set(adapters())
    counted = [e for e in events if e[0] in names and e[4] != "adl"]
    for side in ("long", "short"):
        expected = sum(e[3] or 0 for e in counted if e[1] == side)
        for found in told.sums(side):
            assert found == pytest.approx(expected)
    assert len(told.rows) == told.history["totals"]["count"] == len(counted)
    assert {row["event_id"] for row in told.exported} == {row["event_id"] for row in told.rows}
    unknown = sum(e[3] is None for e in counted)
    assert told.history["totals"]["unknown_value_count"] == unknown
    for answer in (told.history, told.zones, told.levels, told.series, told.columns):
        assert {row["exchange"] for row in told.rows} <= set(answer["exchanges"]) == names
        parts = answer["coverage"].values()
        assert sum(part["unknown_value_count"] for part in parts) == unknown


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(spans=st.lists(st.tuples(st.integers(0, 23), st.integers(1, 8), st.booleans()), max_size=8))
def test_coverage_is_what_no_unrepaired_gap_touches(
    client: Client, lake: Writer, spans: list[tuple[int, int, bool]]
):
    caches["answers"].clear()
    Gap.objects.all().delete()
    Watch.objects.all().delete()
    watch("bybit", days=3)
    missing = set()
    for start, length, is_repaired in spans:
        repair = {"repaired_at": ago(), "repaired_by": "REST"} if is_repaired else {}
        a_gap("bybit", ago(hours=24 - start), ago(hours=max(0, 24 - start - length)), **repair)
        if not is_repaired:
            missing |= set(range(start, min(24, start + length)))
    told = client.get("/liquidations/summary", {"exchanges": "bybit"}).json()
    covered = told["windows"]["24h"]["coverage"]["bybit"]["covered_percent"]
    assert covered == pytest.approx(100 * (1 - len(missing) / 24), abs=0.05)
