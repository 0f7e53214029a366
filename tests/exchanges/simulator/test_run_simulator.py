"""`manage.py run_simulator`: what it prints, what it refuses, how it ends."""

from __future__ import annotations

import asyncio
import signal
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from exchanges.simulator import Simulator

from .conftest import get

MANAGE = Path(settings.BASE_DIR) / "manage.py"


def test_print_env_prints_two_settings_a_venue() -> None:
    out = StringIO()
    call_command("run_simulator", "--print-env", "--port=9001", "--exchanges=bybit", stdout=out)
    assert out.getvalue().split() == [
        "LIQSITE_BYBIT_WS_URL=ws://127.0.0.1:9001/bybit",
        "LIQSITE_BYBIT_REST_URL=http://127.0.0.1:9001/bybit",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--rate=fast"], "--rate must be a number"),
        (["--rate=-1"], "rate must be from 0"),
        (["--port=x"], "--port must be a number"),
        (["--port=99999"], "port must be from 0 to 65535"),
        (["--seed=1.5"], "--seed must be a number"),
        (["--exchanges=nobody"], "Unknown exchanges"),
        (["--exchanges=nobody", "--print-env"], "Unknown exchanges"),
        (["--replay=binance=/no/such/file"], "There is no file /no/such/file"),
        (["--replay=/no/such/file"], "--replay EXCHANGE="),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("run_simulator", *arguments)
    assert "\n" not in str(refused.value)


async def test_a_port_in_use_is_one_sentence_and_exit_code_1() -> None:
    async with Simulator(rate=0) as simulator:
        process = await start(f"--port={simulator.port}")
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode().strip().endswith("is in use; choose another with --port.")
    assert errors.count(b"\n") == 1


async def test_it_serves_until_a_signal_and_then_ends_well() -> None:
    await asyncio.gather(serve_until(signal.SIGINT), serve_until(signal.SIGTERM))


async def serve_until(number: signal.Signals) -> None:
    process = await start("--port=0", "--seed=3")
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    assert "seed 3" in line
    address = line.split(" on ")[1].split()[0]
    assert (await get(f"{address}/control/totals"))[0] == 200
    process.send_signal(number)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(MANAGE),
        "run_simulator",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
