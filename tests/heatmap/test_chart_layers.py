"""The layers of the main chart as the server renders them: asked for by the address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from exchanges.store import Writer
from tests.heatmap.api.frozen_rows import HOUR, a_column, store_columns
from tests.heatmap.test_pages import embedded, plain_static, text
from tests.make import a_candle, a_liquidation

__all__ = ["plain_static"]
pytestmark = pytest.mark.django_db

SERIES = "/liquidations/heatmap-timeseries"


@pytest.fixture
def market(lake: Writer) -> Writer:
    """Candles of five hours around 80,000, columns of three, and a liquidation."""
    opened = [HOUR - timedelta(minutes=5 * n) for n in range(60)]
    lake.append_series([a_candle(opened_at=at) for at in opened])
    for hours in range(3):
        frozen = HOUR - timedelta(hours=hours)
        store_columns(lake.lake, a_column(longs={10: 2.0}, shorts={20: 3.0}, frozen_at=frozen))
    lake.append([a_liquidation(exchange_time=HOUR - timedelta(minutes=5), price=79_950.0)])
    return lake


def ask(client: Client, **asked: Any) -> Any:
    values: dict[str, Any] = {"format": "columns"} | asked
    return client.get(SERIES, values).json()


def test_all_layers_are_embedded_as_the_api_tells_them(client: Client, market: Writer) -> None:
    data = embedded(client.get("/?timeframe=4h"))
    assert data["shown"]["layers"] == ["predicted", "observed", "candles"]
    price = data["predicted"]["price_range"]
    asked = {"timeframe": "4h", "interval": "30m", "price_bin_size": data["grid"]["price"]["step"]}
    same = ask(client, layer="predicted", price_min=price["min"], price_max=price["max"], **asked)
    assert data["predicted"]["cells"] == same["cells"] != []
    assert data["predicted"]["model"] == "liqsite-zones"
    klines = client.get("/prices/klines?interval=5m&limit=49").json()
    assert data["candles"]["data"] == klines["data"] != []
    assert data["rules"]["timeframes"]["4h"] == 4 * 3600


def test_observed_and_predicted_have_the_same_price_steps(client: Client, market: Writer) -> None:
    data = embedded(client.get("/?timeframe=24h"))
    assert data["grid"]["price"]["step"] == data["predicted"]["price"]["step"]
    offset = data["grid"]["price"]["start"] - data["predicted"]["price"]["start"]
    assert offset % data["grid"]["price"]["step"] == 0
    assert data["predicted"]["time"]["step_seconds"] % data["grid"]["time"]["step_seconds"] == 0


def test_layers_that_are_off_are_not_read(client: Client, market: Writer) -> None:
    data = embedded(client.get("/?layers=observed"))
    assert (data["predicted"], data["candles"]) == (None, None)
    assert data["grid"]["totals"]["count"] == 1
    data = embedded(client.get("/?layers=candles"))
    assert (data["predicted"], data["shown"]["layers"]) == (None, ["candles"])
    assert data["candles"]["count"] == len(data["candles"]["data"]) > 0
    assert embedded(client.get("/?layers="))["shown"]["layers"] == []


def test_switches_stand_as_asked(client: Client, market: Writer) -> None:
    html = client.get("/?layers=predicted,candles&zone_weighting=share").content.decode()
    assert 'value="predicted" checked' in html
    assert 'value="observed" checked' not in html
    assert '<option value="share" selected>' in html


def test_weighting_and_colours_come_from_the_address(client: Client, market: Writer) -> None:
    data = embedded(client.get("/?zone_weighting=equal&color_min=0.01&color_max=0.5"))
    assert data["predicted"]["unit"] == "share"
    assert (data["shown"]["color_min"], data["shown"]["color_max"]) == (0.01, 0.5)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("layers=predicted,magnets", "Unknown layers: [&#x27;magnets&#x27;]."),
        ("zone_weighting=best", "zone_weighting: One of notional, share, equal."),
        ("color_min=nan", "color_min: "),
        ("color_max=-1", "color_max: "),
    ],
)
def test_unknown_values_are_said_and_the_usual_is_shown(
    client: Client, market: Writer, address: str, words: str
) -> None:
    response = client.get(f"/?timeframe=4h&{address}")
    assert response.status_code == 400
    assert words in text(response)
    data = embedded(response)
    assert data["query"]["timeframe"] == "4h"
    assert data["shown"] == {
        "layers": ["predicted", "observed", "candles"],
        "zone_weighting": "notional",
        "color_min": None,
        "color_max": None,
    }


def test_prices_far_apart_get_steps_of_their_own(client: Client, market: Writer) -> None:
    market.append([a_liquidation(event_id="binance:far", price=9e6, exchange_time=HOUR)])
    data = embedded(client.get("/"))
    assert data["grid"]["totals"]["count"] == 2
    assert data["grid"]["price"]["step"] > data["predicted"]["price"]["step"]


def test_without_candles_the_api_chooses_the_prices(client: Client, lake: Writer) -> None:
    store_columns(lake.lake, a_column(longs={10: 2.0}, frozen_at=HOUR))
    data = embedded(client.get("/?timeframe=1h"))
    assert data["candles"]["data"] == []
    assert data["predicted"]["cells"]


def test_a_symbol_without_anything_is_no_error(client: Client, lake: Writer) -> None:
    data = embedded(client.get("/"))
    assert data["predicted"]["cells"] == data["candles"]["data"] == []


def test_words_on_estimates_lead_to_the_scorecard(client: Client, market: Writer) -> None:
    html = client.get("/").content.decode()
    assert "sizes are estimates" in html
    assert '<a href="/scorecard/">' in html
