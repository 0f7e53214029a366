// What a query lets pass, told of live rows and in words.

import { range, usd } from "./format.js";

const COUNTED_TYPES = ["forced", "backstop"];

// Return whether a live row passes the filters; what is undefined is not filtered by.
export function passes({ symbol, exchanges, side, min_value, start, end }, row) {
  const time = Date.parse(row.exchange_time);
  return (
    exchanges.includes(row.exchange) &&
    (!symbol || symbol === row.symbol) &&
    (!side || side === row.side) &&
    (!start || time >= Date.parse(start)) &&
    (!end || time < Date.parse(end)) &&
    (min_value === undefined || (row.value_usd !== null && row.value_usd >= min_value))
  );
}

// Return whether totals count a liquidation of this type.
export function isCounted({ liquidation_type }) {
  return COUNTED_TYPES.includes(liquidation_type);
}

// Write that there is nothing: `No long liquidation of BTCUSDT ≥ $10.0K in the last 4 h.`
export function nothingOf(query) {
  const { symbol, side, min_value, timeframe, end } = query;
  const which = `${side ? `${side} ` : ""}liquidation${symbol ? ` of ${symbol}` : ""}`;
  const value = min_value === undefined ? "" : ` ≥ ${usd(Number(min_value))}`;
  return `No ${which}${value} in the ${timeframe && !end ? "last" : "range"} ${range(query)}.`;
}

// Write how large the largest was that a minimum holds back, from a summary without it.
export function largestOf({ timeframe, end }, { windows }) {
  const isKnown = !end && timeframe in windows;
  const { largest } = windows[isKnown ? timeframe : "24h"];
  if (!largest) return "";
  return `Largest ${isKnown ? "" : "of the last 24 h "}was ${usd(largest.value_usd)}.`;
}
