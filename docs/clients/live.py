"""Print a symbol's liquidations as they come: `python live.py BTCUSDT [ws://127.0.0.1:8000]`."""

import asyncio
import json
import sys

from websockets.asyncio.client import ClientConnection, connect


async def ping(socket: ClientConnection) -> None:
    while True:
        await asyncio.sleep(30)
        await socket.send('{"action":"ping"}')


async def watch(symbol: str, site: str = "ws://127.0.0.1:8000") -> None:
    headers = {"Origin": site.replace("ws", "http", 1)}
    async with connect(f"{site}/ws/live", additional_headers=headers) as socket:
        pings = asyncio.create_task(ping(socket))
        await socket.send(json.dumps({"action": "subscribe", "symbols": [symbol]}))
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "snapshot":
                print(symbol, "24 h:", frame["totals"], flush=True)
            elif frame["type"] == "liquidations":
                for row in frame["rows"]:
                    print(row["exchange"], row["side"], row["price"], row["value_usd"], flush=True)
        pings.cancel()


asyncio.run(watch(*sys.argv[1:]))
