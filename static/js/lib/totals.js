// The row of totals and the table of the same numbers by venue.

import { find, make, show, write } from "./dom.js";
import { count, price, range, share, side, stamp, usd } from "./format.js";

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

export function tellZones(zones, venues) {
  const largest = zones
    .filter((zone) => zone.total_density)
    .sort((a, b) => b.total_density - a.total_density)
    .slice(0, 10);
  const rows = largest.map((zone) =>
    line(
      price(zone.price_low),
      price(zone.price_high),
      side(zone.side),
      usd(zone.total_density),
      breakdown(zone, venues),
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

function breakdown({ exchange_breakdown }, venues) {
  return Object.entries(exchange_breakdown)
    .map(([exchange, value]) => `${venues[exchange].display_name} ${usd(value)}`)
    .join(", ");
}

function line(first, ...rest) {
  const head = make("th", "", first);
  head.scope = "row";
  return make("tr", "", head, ...rest.map((text) => make("td", "", text)));
}
