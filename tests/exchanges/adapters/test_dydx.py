"""dYdX: one subscription a market, refusals one by one, trades back in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from exchanges.adapters.base import Request
from exchanges.adapters.dydx import MARKETS_PER_SOCKET, TRADES_PER_ANSWER, DydxAdapter
from exchanges.events import Acknowledged, Liquidation, Refused
from exchanges.instruments import Instrument, Instruments
from tests.exchanges.adapters.payloads import RECEIVED, instruments, liquidations, wire

UNTIL = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)

adapter = DydxAdapter()


def trade(number: int, *, minutes_ago: float, kind: str = "LIQUIDATED") -> dict[str, str]:
    at = UNTIL - timedelta(minutes=minutes_ago)
    return {
        "id": f"{number:08x}ab",
        "side": "SELL",
        "size": "0.5",
        "price": "80000",
        "type": kind,
        "createdAt": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "createdAtHeight": str(number),
    }


def parsed(frame: Any) -> Any:
    return adapter.parse(wire(frame), instruments("dydx"), RECEIVED)


def test_settled_markets_are_not_listed():
    assert list(instruments("dydx")) == ["BTC-USD", "SOL-USD"]


def test_sockets_hold_as_many_markets_as_allowed_and_subscribe_two_a_second():
    markets = Instruments(Instrument(f"C{n}-USD", f"C{n}", "USD") for n in range(70))
    subscriptions = adapter.subscriptions(markets, {})
    assert [len(s.messages) for s in subscriptions] == [MARKETS_PER_SOCKET, MARKETS_PER_SOCKET, 6]
    assert all(s.acknowledgements == len(s.messages) for s in subscriptions)
    assert {s.pause_seconds for s in subscriptions} == {0.5}
    assert json.loads(subscriptions[2].messages[0]) == {
        "type": "subscribe",
        "channel": "v4_trades",
        "id": "C64-USD",
        "batched": True,
    }


def test_the_snapshot_acknowledges_and_its_liquidations_count():
    frame = {"type": "subscribed", "channel": "v4_trades", "id": "BTC-USD"}
    [acknowledged, row] = parsed(frame | {"contents": {"trades": [trade(1, minutes_ago=5)]}})
    assert acknowledged == Acknowledged()
    assert isinstance(row, Liquidation)


def test_a_market_that_is_none_is_refused_alone():
    text = "Invalid subscription id for channel: (v4_trades-X-USD)"
    assert parsed({"type": "error", "message": text}) == [Refused(text, is_fatal=False)]


def test_a_market_that_the_venue_failed_to_look_up_is_asked_for_again():
    text = "Internal error, could not fetch data for subscription: v4_trades."
    frame = {"type": "error", "message": text, "channel": "v4_trades", "id": "SOL-USD"}
    [refused] = parsed(frame)
    assert [json.loads(message)["id"] for message in refused.retry] == ["SOL-USD"]


def test_frames_of_other_channels_mean_nothing():
    frame = {"type": "channel_data", "channel": "v4_markets", "id": "v4_markets"}
    assert parsed(frame | {"contents": {"trading": {}}}) == []


def walk(answers: Iterator[list[Any]], since: datetime) -> tuple[list[str], list[Liquidation]]:
    """Follow the history of BTC-USD; return the addresses asked and what was told."""
    history = adapter.history(instruments("dydx"), {}, since, UNTIL, "BTCUSD")
    asked: list[str] = []
    told: list[Liquidation] = []
    step = next(history, None)
    while step is not None:
        if isinstance(step, Request):
            asked.append(step.url)
            step = history.send(wire({"trades": next(answers)}))
        else:
            told += step
            step = next(history, None)
    return asked, told


def test_history_goes_back_block_by_block_until_it_is_early_enough():
    pages = iter(
        [
            [trade(900, minutes_ago=1)] * TRADES_PER_ANSWER,
            [trade(900, minutes_ago=1)] * TRADES_PER_ANSWER,
            [trade(800, minutes_ago=90)] * TRADES_PER_ANSWER,
        ]
    )
    asked, told = walk(pages, UNTIL - timedelta(hours=1))
    address = "https://indexer.dydx.trade/v4/trades/perpetualMarket/BTC-USD?limit=1000&"
    assert asked == [
        f"{address}createdBeforeOrAt=2026-11-18T12:00:00.000000Z",
        f"{address}createdBeforeOrAtHeight=900",
        f"{address}createdBeforeOrAtHeight=899",
    ]
    assert len(told) == 3 * TRADES_PER_ANSWER


def test_history_ends_where_the_venues_does():
    asked, told = walk(iter([[trade(900, minutes_ago=1, kind="LIMIT")]]), UNTIL - timedelta(days=9))
    assert len(asked) == 1 and told == []


def test_history_gives_the_ids_of_the_live_feed():
    row = trade(900, minutes_ago=1)
    _, [told] = walk(iter([[row]]), UNTIL - timedelta(hours=1))
    frame = {"type": "channel_data", "channel": "v4_trades", "id": "BTC-USD"}
    [live] = liquidations(adapter, frame | {"contents": {"trades": [row]}})
    assert (told.event_id, told.exchange_time) == (live.event_id, live.exchange_time)
    assert [row.event_id for row in liquidations(adapter, told.raw)] == [told.event_id]
