"""Hyperliquid: whose fill it is decides whose side it has; three sources, one meaning."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exchanges.adapters.base import Request
from exchanges.adapters.hyperliquid import FILLS_PER_ANSWER, HLP, HyperliquidAdapter
from exchanges.adapters.parts.fills import VAULTS
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, Heartbeat, Liquidation, Refused, Reply
from exchanges.instruments import Instruments
from tests.exchanges.adapters.payloads import RECEIVED, instruments, liquidations, wire

RECORDED = Path(__file__).parents[4] / "shared" / "data" / "hyperliquid"
BLOCKS = RECORDED / "node_fills_by_block_20251027T17.jsonl.gz"

VICTIM, MAKER, LIQUIDATOR = "0x" + "e" * 40, "0x" + "f" * 40, VAULTS[0]
START = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)

adapter = HyperliquidAdapter()


def fill(side: str, direction: str, *, tid: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a fill by which VICTIM was liquidated on the market, unless told otherwise."""
    cause = {"liquidatedUser": VICTIM, "markPx": "80000", "method": "market"}
    return {
        "coin": "BTC",
        "px": "80000",
        "sz": "0.5",
        "side": side,
        "time": START_MS,
        "dir": direction,
        "crossed": True,
        "tid": tid,
        "liquidation": cause | fields.pop("cause", {}),
    } | fields


def only(frame: Any) -> Liquidation:
    [row] = liquidations(adapter, frame)
    return row


def seen_by(user: str, fill: dict[str, Any]) -> Liquidation:
    """Return what a user's own socket tells of a fill."""
    return only({"channel": "userFills", "data": {"user": user, "fills": [fill]}})


@pytest.mark.parametrize(
    ("side", "direction", "other", "closed"),
    [
        ("A", "Liquidated Cross Long", "B", "long"),
        ("B", "Liquidated Isolated Short", "A", "short"),
        ("A", "Close Long", "B", "long"),
        ("B", "Close Short", "A", "short"),
    ],
)
def test_a_market_liquidation_has_one_side_seen_from_either_party(
    side: str, direction: str, other: str, closed: str
):
    own = fill(side, direction)
    counterparty = fill(other, "Open Long" if other == "B" else "Open Short", crossed=False)
    rows = [seen_by(VICTIM, own), seen_by(MAKER, counterparty)]
    rows.append(only({"block_number": 7, "events": [[MAKER, counterparty], [VICTIM, own]]}))
    assert [row.side for row in rows] == [closed] * 3
    assert [row.liquidation_type for row in rows] == ["forced"] * 3
    assert len({row.event_id for row in rows}) == 1
    assert rows[-1].raw_side == side


def test_an_aggressive_sell_closed_a_long_not_a_short():
    assert seen_by(VICTIM, fill("A", "Close Long")).side == "long"
    assert seen_by(MAKER, fill("A", "Open Short", crossed=False)).side == "short"


def test_in_a_backstop_the_aggressor_is_the_liquidator():
    backstop = {"method": "backstop"}
    own = fill("A", "Liquidated Isolated Long", crossed=False, cause=backstop)
    taken = fill("B", "Open Long", crossed=True, cause=backstop)
    rows = [seen_by(VICTIM, own), seen_by(LIQUIDATOR, taken)]
    assert [(row.side, row.liquidation_type) for row in rows] == [("long", "backstop")] * 2


def test_auto_deleveraging_is_kept_apart_seen_from_either_party():
    relieved = {"liquidatedUser": LIQUIDATOR, "method": "backstop"}
    winner = fill("B", "Auto-Deleveraging", cause=relieved)
    vault = fill("A", "Close Long", crossed=False, cause=relieved)
    rows = [seen_by(MAKER, winner), seen_by(LIQUIDATOR, vault)]
    rows += [only({"events": [[LIQUIDATOR, vault], [MAKER, winner]]})]
    assert [(row.side, row.liquidation_type) for row in rows] == [("long", "adl")] * 3


@pytest.mark.parametrize(
    ("side", "crossed", "method", "closed"),
    [
        ("A", True, "market", "long"),
        ("A", False, "market", "short"),
        ("A", False, "backstop", "long"),
        ("A", True, "backstop", "short"),
    ],
)
def test_where_nobody_is_named_the_role_tells_and_says_that_it_was_inferred(
    side: str, crossed: bool, method: str, closed: str
):
    nobody = {"liquidatedUser": None, "method": method}
    row = seen_by(MAKER, fill(side, "Close", crossed=crossed, cause=nobody))
    assert (row.side, row.confidence) == (closed, 0.8)


def test_addresses_are_compared_whatever_their_letters_case():
    assert seen_by(VICTIM.upper().replace("X", "x"), fill("A", "Close Long")).side == "long"


def test_names_are_told_by_table_and_kept_where_a_dex_gave_them():
    frame = {"events": [[VICTIM, fill("A", "Close Long", tid=i, coin=c)] for i, c in COINS]}
    symbols = [row.symbol for row in liquidations(adapter, frame)]
    assert symbols == ["1000PEPEUSDT", "KASUSDT", "kNEWUSDT", "HYPEUSDC", "xyz:TSLAUSD"]


COINS = list(enumerate(["kPEPE", "KAS", "kNEW", "HYPE", "xyz:TSLA", "@107", "PURR/USDC"]))


def test_the_recorded_blocks_hold_exactly_one_liquidation():
    if not BLOCKS.exists():
        pytest.skip(f"recorded blocks are not here: {BLOCKS}")
    with gzip.open(BLOCKS) as lines:
        events = [event for line in lines for event in adapter.parse(line, Instruments(), None)]
    [row] = [event for event in events if isinstance(event, Liquidation)]
    assert (row.symbol, row.side, row.price, row.quantity) == ("WLFIUSDT", "short", 0.15327, 890.0)
    assert row.event_id == "hyperliquid:1761584402387:WLFI:87867877881544"
    assert (row.completeness, row.liquidation_type, row.raw_side) == ("complete", "forced", "B")


def parsed(frame: Any) -> Any:
    [event] = adapter.parse(wire(frame), instruments("hyperliquid"), RECEIVED)
    return event


def test_answers_are_understood():
    assert parsed({"channel": "subscriptionResponse", "data": {}}) == Acknowledged()
    assert parsed({"type": "subscriptionUpdate", "subscribed": []}) == Acknowledged()
    assert parsed({"channel": "pong"}) == Heartbeat()
    assert parsed({"type": "ping"}) == Reply('{"type":"pong"}')


@pytest.mark.parametrize(
    "frame",
    [{"channel": "error", "data": "Too many."}, {"type": "error", "message": "Too many."}],
)
def test_a_refusal_of_one_user_leaves_the_others(frame: Any):
    assert parsed(frame) == Refused("Too many.", is_fatal=False)


def asked(options: dict[str, str]) -> list[Any]:
    [subscription] = adapter.subscriptions(Instruments(), options)
    return [json.loads(message) for message in subscription.messages]


def test_follows_the_known_vaults_when_nobody_told_of_others():
    *fills, control = (message["subscription"] for message in asked({}))
    assert [one["user"] for one in fills] == list(VAULTS)
    assert control == {"type": "activeAssetCtx", "coin": "BTC"}


def test_follows_those_found_first_and_never_more_than_ten():
    found = [f"0x{number:040x}" for number in range(9)]
    *fills, _ = (message["subscription"] for message in asked({"users": ", ".join(found)}))
    assert [one["user"] for one in fills] == [*found, VAULTS[0]]
    assert {one["type"] for one in fills} == {"userFills"}


def test_the_vaults_are_the_children_of_hlp():
    search = adapter.discover()
    request = next(search)
    assert json.loads(request.body or "") == {"type": "vaultDetails", "vaultAddress": HLP}
    answer = {"relationship": {"type": "parent", "data": {"childAddresses": ["0x1", "0x2"]}}}
    with pytest.raises(StopIteration) as end:
        search.send(wire(answer))
    assert end.value.value == {"users": "0x1,0x2"}


def test_an_answer_about_another_kind_of_vault_is_refused():
    search = adapter.discover()
    next(search)
    with pytest.raises(MalformedFrame):
        search.send(wire({"relationship": {"type": "normal"}}))


def test_a_node_is_read_from_its_folder():
    [subscription] = adapter.subscriptions(Instruments(), {"node_dir": "/hl/data"})
    assert (subscription.url, subscription.messages) == ("file:///hl/data", ())


def test_a_vendors_key_goes_where_its_address_says():
    options = {"vendor_url": "wss://hl.example/ws?key={key}", "vendor_key": "k1"}
    [subscription] = adapter.subscriptions(Instruments(), options)
    assert (subscription.url, subscription.headers) == ("wss://hl.example/ws?key=k1", ())
    [message] = asked(options)
    assert message["subscription"] == {"type": "liquidationFills"}
    assert subscription.acknowledgements == 1


def test_a_vendors_key_is_a_bearer_token_where_its_address_does_not_say():
    options = {"vendor_url": "wss://hl.example/ws", "vendor_key": "k1"}
    [subscription] = adapter.subscriptions(Instruments(), options)
    assert subscription.headers == (("Authorization", "Bearer k1"),)
    [bare] = adapter.subscriptions(Instruments(), {"vendor_url": "wss://hl.example/ws"})
    assert bare.headers == ()


def test_lists_the_contracts_of_every_dex():
    requests = adapter.instrument_requests()
    asked = [json.loads(next(requests).body or "")]
    asked.append(json.loads(requests.send(wire({"universe": []})).body or ""))
    asked.append(json.loads(requests.send(wire([None, {"name": "xyz"}])).body or ""))
    assert asked[0] == {"type": "meta"}
    assert asked[1:] == [{"type": "perpDexs"}, {"type": "meta", "dex": "xyz"}]


def pages(answers: dict[str, list[list[Any]]]) -> tuple[list[Any], list[Liquidation]]:
    """Follow the history of some users; return what was asked and what was told."""
    options = {"users": ",".join(answers)}
    until = START + timedelta(hours=1)
    history = adapter.history(Instruments(), options, START, until, "BTCUSDT")
    asked: list[Any] = []
    told: list[Liquidation] = []
    step = next(history, None)
    while step is not None:
        if isinstance(step, Request):
            asked.append(json.loads(step.body or ""))
            left = answers.get(asked[-1]["user"], [])
            step = history.send(wire(left.pop(0) if left else []))
        else:
            told += step
            step = next(history, None)
    return asked, told


def test_history_asks_for_every_user_and_goes_on_while_answers_are_full():
    ordinary = {"coin": "BTC", "px": "1", "sz": "1", "side": "A", "time": START_MS + 9, "tid": 0}
    full = [fill("A", "Open Short", tid=5), *[ordinary] * (FILLS_PER_ANSWER - 1)]
    asked, told = pages({MAKER: [full, [fill("A", "Open Short", tid=6, coin="ETH")]]})
    first, second, *others = asked
    assert first == {
        "type": "userFillsByTime",
        "user": MAKER,
        "startTime": START_MS,
        "endTime": START_MS + 3_600_000,
    }
    assert second == first | {"startTime": START_MS + 9}
    assert [other["user"] for other in others] == list(VAULTS)
    assert [row.symbol for row in told] == ["BTCUSDT"]


def test_history_goes_on_though_a_whole_answer_is_of_one_instant():
    full = [{"coin": "X", "px": "1", "sz": "1", "side": "A", "time": START_MS, "tid": 0}]
    asked, _ = pages({MAKER: [full * FILLS_PER_ANSWER]})
    assert [request["startTime"] for request in asked[:2]] == [START_MS, START_MS + 1]


def test_history_gives_the_ids_of_the_live_feed():
    _, [told] = pages({MAKER: [[fill("A", "Open Short")]]})
    live = seen_by(MAKER, fill("A", "Open Short"))
    assert (told.event_id, told.side) == (live.event_id, live.side)
    assert told.received_time is None
    assert only(told.raw).event_id == told.event_id
