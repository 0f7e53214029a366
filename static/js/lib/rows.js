// What a line of the whole tape has beyond the short one: size, type, and where to look closer.

import { find, say } from "./dom.js";
import { quantity } from "./format.js";

const LEAST_USD = [1e5, 1e6];

// Return how loud a liquidation is shown: 0, from $100K on 1, from $1M on 2.
export function loudness({ value_usd }) {
  return LEAST_USD.filter((least) => value_usd >= least).length;
}

// Return what writes a line; `timeframes` is {name: seconds}, the shortest first.
export function dresser(timeframes) {
  return (line, row) => {
    line.dataset.loudness = loudness(row);
    say(find(".symbol", line), row.symbol);
    say(find(".quantity", line), quantity(row.quantity));
    say(find(".type", line), row.liquidation_type);
    find("[data-raw]", line).href = `/liquidations/${encodeURIComponent(row.event_id)}`;
    const chart = find("[data-chart]", line);
    const point = () => (chart.href = chartAddress(row, timeframes));
    // While a line stands the time frame that held it may end.
    for (const kind of ["pointerdown", "focus"]) chart.addEventListener(kind, point);
    point();
  };
}

// Return the heatmap of the shortest time frame that still holds a liquidation for a while.
function chartAddress({ symbol, exchange, exchange_time }, timeframes) {
  const age = (Date.now() - Date.parse(exchange_time)) / 1000;
  const [timeframe] = Object.entries(timeframes).find(([, span]) => span > 1.5 * age) ?? ["1y"];
  return `/?${new URLSearchParams({ symbol, timeframe, exchanges: exchange })}`;
}
