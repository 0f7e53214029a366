"""Aster perpetuals: `!forceOrder@arr` in Binance's form, without the market mark `st`.

Sources: https://github.com/asterdex/api-docs (futures API v3: All Market Liquidation Order
Streams, Mark Price Stream for All market, Websocket Market Streams, Exchange Information)
"""

from __future__ import annotations

from collections.abc import Sequence

from exchanges.adapters.base import Options, Subscription
from exchanges.adapters.binance import ASK, CONTROL, STREAM, BinanceAdapter
from exchanges.adapters.market.base import MarketData
from exchanges.instruments import Instruments


class AsterAdapter(BinanceAdapter):
    """Aster perpetuals, all of them linear."""

    name = "aster"
    display_name = "Aster"
    color = "#C9A27C"
    docs_url = "https://github.com/asterdex/api-docs/blob/master/aster-finance-futures-api-v3.md"
    completeness_rule = "only the latest one liquidation order within 1000ms will be pushed"
    size_rule = "o.z filled in all, in base units"
    connection_rule = (
        "one socket for all; asked LIST_SUBSCRIPTIONS, it answers with the stream; 10 messages/s, "
        "200 streams, lives 24 h"
    )
    connection_lifetime_seconds = 86_400.0
    quiet_rate_per_minute = 0.08
    market = MarketData()
    instrument_urls = ("https://fapi.asterdex.com/fapi/v3/exchangeInfo",)  # type: ignore[assignment]

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """One socket for the whole market, which is asked back what it is subscribed to."""
        url = f"wss://fstream.asterdex.com/stream?streams={STREAM}/{CONTROL}"
        return [Subscription(url, (ASK % 1,), 1, has_control=True)]
