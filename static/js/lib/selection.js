// What a query lets pass, told of live rows and in words.

import { spaced, usd } from "./format.js";

const COUNTED_TYPES = ["forced", "backstop"];

// Return whether a live row passes the filters; what is undefined is not filtered by.
export function passes({ symbol, exchanges, side, min_value }, row) {
  return (
    exchanges.includes(row.exchange) &&
    (!symbol || symbol === row.symbol) &&
    (!side || side === row.side) &&
    (min_value === undefined || (row.value_usd !== null && row.value_usd >= min_value))
  );
}

// Return whether totals count a liquidation of this type.
export function isCounted({ liquidation_type }) {
  return COUNTED_TYPES.includes(liquidation_type);
}

// Write that there is nothing: `No long liquidation of BTCUSDT of at least $10.0K in the last 4 h.`
export function nothingOf({ symbol, side, min_value, timeframe }) {
  const which = `${side ? `${side} ` : ""}liquidation${symbol ? ` of ${symbol}` : ""}`;
  const value = min_value === undefined ? "" : ` of at least ${usd(Number(min_value))}`;
  return `No ${which}${value} in the last ${spaced(timeframe)}.`;
}
