// The map's totals, its words and its tables, as templates/map writes them.

import { find, make, say, show, write } from "./dom.js";
import { amount, distance, percent, price, share, stamp } from "./format.js";

export function tellMap(answer, venues) {
  const { levels, totals, unit, max_pain: pain, frozen_at, reference_price } = answer;
  show("[data-totals], [data-tables]", levels.length > 0);
  for (const side of ["long", "short"]) {
    write(`[data-sum="${side}"]`, amount(totals[side], unit));
    write(`[data-outside="${side}"]`, amount(answer.outside[side], unit));
    find("[data-split]").style.setProperty(`--${side}-usd`, totals[side]);
  }
  write('[data-pain="max_pain"]', pain ? price(pain.price) : "");
  write('[data-pain-value="max_pain"]', pain ? amount(pain.value, unit) : "");
  write("[data-frozen]", frozen_at ? stamp(frozen_at) : "");
  write("[data-reference-price]", reference_price === null ? "" : price(reference_price));
  say(find("[data-kernels]"), kernels(answer, venues));
}

export function tellTables(answer, venues) {
  find("[data-by-exchange]").replaceChildren(...byExchange(answer, venues));
  find("[data-by-band]").replaceChildren(...answer.bands.map((band) => ofBand(band, answer.unit)));
  find("[data-by-price]").replaceChildren(
    ...answer.levels.map((level) => ofLevel(level, answer.unit, venues)),
  );
}

function kernels({ coverage }, venues) {
  const byKernel = new Map();
  for (const [exchange, { kernel }] of Object.entries(coverage))
    if (kernel)
      byKernel.set(kernel, [...(byKernel.get(kernel) ?? []), venues[exchange].display_name]);
  const told = [...byKernel].map(([kernel, names]) => `${kernel} (${names.join(", ")})`);
  if (!told.length) return "";
  return ` with the ${told.length > 1 ? "kernels" : "kernel"} ${told.join(", ")}`;
}

function byExchange({ per_exchange, coverage, totals, unit }, venues) {
  return Object.entries(per_exchange).map(([exchange, { long, short }]) => {
    const { model_coverage: seen, frozen_at, kernel } = coverage[exchange];
    return line(
      venues[exchange].display_name,
      amount(long, unit),
      amount(short, unit),
      share(long + short, totals),
      seen === null ? "unknown" : percent(100 * seen),
      frozen_at ? stamp(frozen_at) : "never",
      kernel ?? "",
    );
  });
}

function ofBand({ band, from_pct, to_pct, long, short }, unit) {
  const end = to_pct === null ? "–" : `${to_pct} %`;
  return line(band, `${from_pct} %`, end, amount(long, unit), amount(short, unit));
}

function ofLevel(level, unit, venues) {
  const parts = Object.entries(level.exchange_breakdown).map(
    ([exchange, { long, short }]) =>
      `${venues[exchange].display_name} ${amount(long + short, unit)}`,
  );
  return line(
    price(level.price_low),
    price(level.price_high),
    distance(level.distance_pct),
    level.band,
    amount(level.long, unit),
    amount(level.short, unit),
    amount(level.cumulative_long, unit),
    amount(level.cumulative_short, unit),
    parts.join(", "),
  );
}

function line(first, ...rest) {
  const head = make("th", "", first);
  head.scope = "row";
  return make("tr", "", head, ...rest.map((text) => make("td", "", text)));
}
