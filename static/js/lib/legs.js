// The legs behind a predicted cell: when they opened, what the kernel put here, what became of it.

import { fetchLegs } from "./api.js";
import { make, swatch } from "./dom.js";
import { percent, price, quantity, stamp, usd } from "./format.js";
import { amount, both } from "./tooltip.js";

const MOST_LEGS = 8;
const TITLES = ["Opened", "Quantity", "Share here", "Closed", "Stands"];

// Return elements that explain the predicted part of a cell.
export async function legsOf(cell, query, venues, signal) {
  const middle = (cell.low + cell.high) / 2;
  const told = await fetchLegs(asked(cell, query, middle), signal);
  const head = [
    make("h4", "", `Predicted ${amount(both(cell.predicted), cell.unit)}, estimated`),
    make("p", "note", frozenWords(told, middle)),
  ];
  if (!told.parts.length) return [...head, make("p", "note", "Nothing was frozen there.")];
  const parts = told.parts.filter((part) => part.value_usd > 0 || part.reason);
  return [...head, ...parts.map((part) => partOf(part, venues[part.exchange]))];
}

function asked(cell, { symbol, exchanges, side }, middle) {
  return {
    symbol,
    exchanges,
    side: side ?? largerSide(cell.predicted),
    time: new Date(cell.start).toISOString(),
    price: middle,
    limit: MOST_LEGS,
  };
}

// Return the side of which more is in a cell, undefined where nothing is.
function largerSide(shares) {
  const [long, short] = ["long", "short"].map((name) =>
    shares.reduce((sum, part) => sum + part[name], 0),
  );
  if (!long && !short) return undefined;
  return long > short ? "long" : "short";
}

function frozenWords({ model, parts, value_usd }, middle) {
  if (!parts.length) return `Model ${model}.`;
  const bin = `below is the one at ${price(middle)}, ${usd(value_usd)} on all exchanges.`;
  return `Model ${model}, frozen ${stamp(parts[0].frozen_at)}. It counts in bins of 0.1 %: ${bin}`;
}

function partOf(part, { color, display_name }) {
  const sum = make("b", "", usd(part.value_usd));
  const name = make("summary", "", swatch(color), `${display_name} `, sum);
  const body = part.reason ? [make("p", "note", part.reason)] : [table(part), ...notes(part)];
  const details = make("details", "", name, ...body);
  details.open = true;
  return details;
}

function table({ legs, leg_count }) {
  const titles = make("tr", "", ...TITLES.map((text) => make("th", "", text)));
  const rows = legs.map((leg) => {
    const cells = [
      stamp(leg.opened_at).slice(5, 16),
      quantity(leg.legs),
      percent(100 * leg.kernel_share),
      quantity(leg.closed),
      usd(leg.standing_usd),
    ];
    return make("tr", "", ...cells.map((text) => make("td", "", text)));
  });
  const body = make("table", "", make("thead", "", titles), make("tbody", "", ...rows));
  const more = leg_count - legs.length;
  if (more > 0) body.append(make("caption", "", `${more} smaller ones are not listed.`));
  return body;
}

function notes({ emptied_at, emptied, is_reproduced, kernels }) {
  const told = [];
  if (emptied_at) told.push(`Price went there ${stamp(emptied_at)}: ${quantity(emptied)} consumed.`);
  if (is_reproduced === false) told.push("The replay does not come to what was frozen.");
  if (kernels.length) told.push(`Kernel ${kernels.at(-1).kernel} (${kernels.at(-1).method}).`);
  return told.map((words) => make("p", "note", words));
}
