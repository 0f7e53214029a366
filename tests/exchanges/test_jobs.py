"""Jobs that the worker does not know: a failing one is shown, tried again, and stops nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management.base import CommandError

from exchanges.errors import StoreUnavailable
from exchanges.jobs import Beside, Context, MakeJob
from exchanges.management.commands import run_aggregator
from exchanges.store import Writer
from tests.make import SteppingClock


class Waiting:
    """A bench for one job."""

    def __init__(self, writer: Writer) -> None:
        self.troubles: dict[str, str] = {}
        self.waits: list[float] = []
        self.made = 0
        self.context = Context(
            writer=writer,
            in_store_thread=asyncio.to_thread,
            clock=SteppingClock(),
            venues={},
            symbols=self._symbols,
            is_complete=lambda exchange: True,
            is_busy=lambda: False,
            sleep=self._sleep,
        )

    def job(self, run: Callable[[Context], None]) -> MakeJob:
        """Return a job that does this, and is counted each time that it is made."""
        bench = self

        class Prophecy:
            def __init__(self, context: Context) -> None:
                self.context = context
                bench.made += 1

            async def run(self) -> None:
                run(self.context)

        return Prophecy

    async def _symbols(self) -> tuple[str, ...]:
        return ()

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.mark.parametrize(
    ("error", "said", "waits"),
    [
        (ZeroDivisionError("oops"), "met a bug", [60.0, 60.0]),
        (StoreUnavailable("Locked."), "Locked.", [1.0, 2.0]),
    ],
)
async def test_a_job_that_fails_is_shown_and_made_again(
    lake: Writer,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    said: str,
    waits: list[float],
):
    bench = Waiting(lake)

    def run(context: Context) -> None:
        if bench.made < 3:
            raise error
        assert said in bench.troubles["prophecy"]
        context.tell_trouble("")

    await Beside(bench.job(run), bench.context, bench.troubles).run()
    assert bench.waits == waits
    assert bench.troubles == {"prophecy": ""}
    assert said in caplog.text


async def test_a_job_that_worked_between_two_locks_is_tried_again_as_soon_as_at_first(lake: Writer):
    bench = Waiting(lake)

    def run(context: Context) -> None:
        if bench.made == 3:
            context.tell_trouble("")
        if bench.made < 5:
            raise StoreUnavailable("Locked.")

    await Beside(bench.job(run), bench.context, bench.troubles).run()
    assert bench.waits == [1.0, 2.0, 1.0, 2.0]


async def test_a_job_that_cannot_be_made_is_tried_again_too(lake: Writer):
    bench = Waiting(lake)

    class Prophecy:
        def __init__(self, context: Context) -> None:
            bench.made += 1
            if bench.made == 1:
                raise OSError("no folder")

        async def run(self) -> None:
            return None

    await Beside(Prophecy, bench.context, bench.troubles).run()
    assert bench.made == 2 and "no folder" in bench.troubles["prophecy"]


def test_a_name_of_no_job_is_said(settings: Any):
    settings.LIQSITE_JOBS = ["heatmap.forecast.job.Nothing"]
    with pytest.raises(CommandError, match="LIQSITE_JOBS names what is not there"):
        run_aggregator._jobs()
    settings.LIQSITE_JOBS = ["heatmap.forecast.job.Forecast"]
    assert len(run_aggregator._jobs()) == 1
