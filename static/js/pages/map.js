// The map page: what the server rendered, refreshed when something is frozen, with a live price.

import { fetchHealth, fetchMap } from "../lib/api.js";
import { Badges } from "../lib/badges.js";
import { Connection } from "../lib/connection.js";
import { find, readJson, show, write } from "../lib/dom.js";
import { LastPrice } from "../lib/last_price.js";
import { MapChart } from "../lib/map_chart.js";
import { MapControls } from "../lib/map_controls.js";
import { MapTooltip } from "../lib/map_tooltip.js";
import { tellMap, tellTables } from "../lib/map_words.js";
import { Redraw } from "../lib/redraw.js";
import { Refresh } from "../lib/refresh.js";
import { Stage } from "../lib/stage.js";
import { startShell } from "../lib/shell.js";

const { bands, health, map: rendered, query: first, venues } = readJson("embedded");
const tables = find("[data-tables]");
const badges = new Badges();
const chart = new MapChart(find("[data-map]"), venues, bands);
const last = new LastPrice(venues);
const redraw = new Redraw(draw);
const controls = new MapControls(changed);
const stage = new Stage({ onAll: selectAll, onAgain: changed });
const refresh = new Refresh({
  ask,
  onError,
  onLoading: (isLoading) => stage.loading(isLoading),
});
const connection = new Connection({
  onHealth: (frame) => badges.update(frame.at, frame.rows, frame.worker),
  onRows: take,
  askHealth,
  askRows: () => refresh.soon(),
});
let shown = null;
let answer = null;
let tooltip = null;
let isDrawn = false;

function changed() {
  const query = controls.read();
  controls.remember(query);
  show('[data-band="refusal"]', false);
  if (!query.exchanges.length) selectNothing(query);
  else if (shown && JSON.stringify(query) === JSON.stringify(shown)) restack();
  else refresh.now(query);
}

function selectAll() {
  controls.select(true);
  changed();
}

function selectNothing(query) {
  refresh.stop();
  shown = query;
  answer = null;
  show("[data-totals], [data-tables]", false);
  stage.nothingSelected();
}

// Only how the bars are stacked has changed.
function restack() {
  isDrawn = false;
  redraw.now();
}

async function ask(query, signal) {
  load(query, await fetchMap(query, signal));
}

function load(query, found) {
  connection.heard();
  stage.clear();
  const isAnother = query !== shown;
  // Why nothing is frozen, the server says.
  if (isAnother && shown && !found.frozen_at) return location.reload();
  if (!isAnother && isSame(found, answer)) return tellPrice(found);
  if (isAnother) startOver(query);
  answer = found;
  isDrawn = false;
  tellPrice(found);
  tellMap(answer, venues);
  if (tables.open) tellTables(answer, venues);
  redraw.now();
}

function startOver(query) {
  if (query.symbol !== shown?.symbol) last.forget();
  shown = query;
  write("[data-symbol]", query.symbol);
  document.title = `${query.symbol} liquidation map · liqsite`;
  connection.follow({ symbols: [query.symbol] });
}

// Columns are never changed, so the same times are the same columns.
function isSame(one, other) {
  const times = (found) =>
    JSON.stringify(Object.values(found.coverage).map(({ frozen_at }) => frozen_at));
  return other !== null && times(one) === times(other);
}

// The middle of the ranges to choose is where the candle closed.
function tellPrice({ current_price, reference_price }) {
  controls.price = current_price ?? reference_price;
  last.close(current_price);
  redraw.soon();
}

function take({ rows }) {
  last.trade(rows, shown?.symbol);
  redraw.soon();
}

function draw() {
  if (!answer) return;
  last.tell();
  if (!answer.levels.length) return stage.empty(emptyWords());
  stage.ready();
  if (isDrawn) return chart.mark(last.value);
  isDrawn = true;
  chart.draw(answer, controls.stack, last.value).then(() => {
    tooltip ??= new MapTooltip(chart.element, venues, () => answer);
  });
  chart.tellLegend();
}

function emptyWords() {
  if (answer.frozen_at) return "Nothing is predicted at these prices and distances.";
  const when = shown.at ? "two hours before" : "last two hours";
  return `Nothing is frozen of ${shown.symbol} in the ${when}.`;
}

// What is refused as asked would be refused again; the rest is asked for until it works.
function onError(error) {
  stage.error(error.message);
  if (error.isOurFault) refresh.stop();
}

async function askHealth() {
  const found = await fetchHealth().catch(() => null);
  if (!found) return;
  connection.heard();
  badges.update(found.timestamp, Object.values(found.exchanges), found.worker);
}

badges.update(health.timestamp, Object.values(health.exchanges), health.worker);
setInterval(() => document.hidden || badges.tell(), 1_000);
startShell(restack);
tables.addEventListener("toggle", () => tables.open && answer && tellTables(answer, venues));
refresh.query = first.exchanges.length ? first : null;
connection.start({ symbols: [first.symbol] });
if (rendered) load(first, rendered);
else if (first.exchanges.length) refresh.soon();
