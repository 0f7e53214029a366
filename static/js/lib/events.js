// The liquidations behind an observed cell, each with a link to its raw message.

import { fetchEvents } from "./api.js";
import { make, swatch } from "./dom.js";
import { clock, price, side, usd } from "./format.js";
import { both, least } from "./tooltip.js";

const PAGE = 500;
const MOST_PAGES = 4;
const MOST_EVENTS = 50;

// Return elements that explain the observed part of a cell.
export async function eventsOf(cell, query, venues, signal) {
  const [rows, isAll] = await inside(cell, query, signal);
  const sum = `${least(cell.observed, cell.completeness)}${usd(both(cell.observed))}`;
  const head = make("h4", "", `Observed ${sum}`);
  const notes = [];
  if (!rows.length) notes.push("No liquidation was seen in this cell.");
  if (rows.length > MOST_EVENTS) notes.push(`The ${MOST_EVENTS} largest of ${rows.length}.`);
  if (!isAll) notes.push(`Looked for among the newest ${PAGE * MOST_PAGES} of that time.`);
  const largest = rows.sort((a, b) => b.value_usd - a.value_usd).slice(0, MOST_EVENTS);
  const list = make("ol", "", ...largest.map((row) => line(row, venues[row.exchange])));
  return [head, list, ...notes.map((words) => make("p", "note", words))];
}

// Return the liquidations of a cell, and whether all of its time were looked at.
async function inside({ start, end, low, high }, { symbol, exchanges, side, min_value }, signal) {
  const [from, until] = [start, end].map((time) => new Date(time).toISOString());
  const asked = { symbol, exchanges, side, min_value, start: from, end: until, limit: PAGE };
  const rows = [];
  let cursor;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await fetchEvents({ ...asked, cursor }, signal);
    rows.push(...answer.liquidations);
    cursor = answer.next_cursor ?? undefined;
    if (!cursor) break;
  }
  // An entry price is where a position was opened: it has no place among the cells.
  const isHere = (row) => row.price >= low && row.price < high && row.price_kind !== "entry";
  return [rows.filter(isHere), !cursor];
}

function line(row, { color, display_name }) {
  const raw = make("a", "", "raw");
  raw.href = `/liquidations/${encodeURIComponent(row.event_id)}`;
  return make(
    "li",
    "",
    make("time", "", clock(row.exchange_time)),
    make("span", "venue", swatch(color), display_name),
    make("span", row.side, side(row.side)),
    make("span", "", price(row.price)),
    make("b", "", usd(row.value_usd)),
    raw,
  );
}
