// The row of totals and the table of the same numbers by venue.

import { find, make, show, write } from "./dom.js";
import { count, price, range, share, side, stamp, usd } from "./format.js";

const MOST_ZONES = 10;

export function tellTotals(grid) {
  const { totals } = grid;
  show("[data-totals]", true);
  show("[data-at-least]", grid.isLowerBound);
  write('[data-total="both"]', usd(totals.long + totals.short));
  write('[data-total="long"]', usd(totals.long));
  write('[data-total="short"]', usd(totals.short));
  write('[data-total="count"]', count(totals.count));
  show("[data-unknown]", totals.unknown_value_count > 0);
  write("[data-unknown-count]", count(totals.unknown_value_count));
  write("[data-since]", grid.storedSince ? `First of them ${stamp(grid.storedSince)}.` : "");
  for (const name of ["long", "short"])
    find("[data-split]").style.setProperty(`--${name}-usd`, totals[name]);
}

export function tellParts(grid, venues) {
  const rows = grid.exchanges.map((exchange) => {
    const part = grid.perExchange[exchange];
    const both = part.long + part.short;
    return line(
      venues[exchange].display_name,
      usd(part.long),
      usd(part.short),
      usd(both),
      share(both, grid.totals),
      count(part.count),
      count(part.unknown_value_count),
      grid.completeness[exchange],
    );
  });
  find("[data-parts]").replaceChildren(...rows);
}

// Write the price steps of the chart that hold most, with each exchange's part.
export function tellZones(grid, venues) {
  const largest = zonesOf(grid)
    .sort((a, b) => b.total - a.total)
    .slice(0, MOST_ZONES);
  const rows = largest.map((zone) =>
    line(
      price(zone.low),
      price(zone.high),
      side(zone.side),
      usd(zone.total),
      breakdown(zone.parts, venues),
    ),
  );
  find("[data-zones]").replaceChildren(...(rows.length ? rows : [line("Nothing.")]));
}

export function tellQuery(query) {
  const { symbol } = query;
  write("[data-symbol]", symbol);
  write("[data-range]", range(query));
  document.title = `${symbol} heatmap · liqsite`;
}

// Return [{side, low, high, total, parts: {exchange: dollars}}] of all times together.
function zonesOf(grid) {
  const zones = new Map();
  grid.visit((exchange, side, timeIndex, dollars, priceIndex) => {
    const key = `${side} ${priceIndex}`;
    if (!zones.has(key)) zones.set(key, { side, ...grid.box(0, priceIndex), total: 0, parts: {} });
    const zone = zones.get(key);
    zone.total += dollars;
    zone.parts[exchange] = (zone.parts[exchange] ?? 0) + dollars;
  });
  return [...zones.values()];
}

function breakdown(parts, venues) {
  return Object.entries(parts)
    .map(([exchange, value]) => `${venues[exchange].display_name} ${usd(value)}`)
    .join(", ");
}

function line(first, ...rest) {
  const head = make("th", "", first);
  head.scope = "row";
  return make("tr", "", head, ...rest.map((text) => make("td", "", text)));
}
