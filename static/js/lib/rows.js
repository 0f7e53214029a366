// What a line of the whole tape has beyond the short one: size, type, and where to look closer.

import { find, say } from "./dom.js";
import { quantity } from "./format.js";

const LEAST_USD = [1e5, 1e6];
// How much of the time around a liquidation its chart shows.
const AROUND_MS = 3_600_000;
const MINUTE_MS = 60_000;

// Return how loud a liquidation is shown: 0, from $100K on 1, from $1M on 2.
export function loudness({ value_usd }) {
  return LEAST_USD.filter((least) => value_usd >= least).length;
}

// Write what a line has beyond time, venue, side, price and value.
export function dress(line, row) {
  line.dataset.loudness = loudness(row);
  say(find(".symbol", line), row.symbol);
  say(find(".quantity", line), quantity(row.quantity));
  say(find(".type", line), row.liquidation_type);
  find("[data-raw]", line).href = `/liquidations/${encodeURIComponent(row.event_id)}`;
  find("[data-chart]", line).href = chartAddress(row);
}

// Return the heatmap of the hours around a liquidation, on its venue.
function chartAddress({ symbol, exchange, exchange_time }) {
  const minute = Math.floor(Date.parse(exchange_time) / MINUTE_MS) * MINUTE_MS;
  const [start, end] = [minute - AROUND_MS, minute + AROUND_MS].map((time) =>
    new Date(time).toISOString().replace(".000Z", "Z"),
  );
  return `/?${new URLSearchParams({ symbol, start, end, exchanges: exchange })}`;
}
