// The comparison page: what the server rendered, kept live.

import { fetchGrid, fetchHealth, fetchLatest } from "../lib/api.js";
import { Badges } from "../lib/badges.js";
import { Connection } from "../lib/connection.js";
import { Controls } from "../lib/controls.js";
import { readJson, show, write } from "../lib/dom.js";
import { range } from "../lib/format.js";
import { HeldBack } from "../lib/heldback.js";
import { Multiples } from "../lib/multiples.js";
import { Recent } from "../lib/received.js";
import { Redraw } from "../lib/redraw.js";
import { Refresh } from "../lib/refresh.js";
import { isCounted, nothingOf, passes } from "../lib/selection.js";
import { startShell } from "../lib/shell.js";
import { Stage } from "../lib/stage.js";

const { grid: rendered, health, latest, query: first, venues } = readJson("embedded");
const badges = new Badges();
const multiples = new Multiples(venues);
const redraw = new Redraw(draw);
const controls = new Controls(changed);
const stage = new Stage({ onAll: selectAll, onAgain: changed, onSizes: showAllSizes });
const heldBack = new HeldBack(() => redraw.soon());
const refresh = new Refresh({
  ask,
  onError,
  onLoading: (isLoading) => stage.loading(isLoading),
});
const connection = new Connection({
  onHealth: (frame) => tellHealth(frame.at, frame.rows, frame.worker),
  onRows: take,
  askHealth,
  askRows: () => refresh.soon(),
});
const recent = new Recent();
// The query whose answer is on the page.
let shown = first;
// Ids of the rows that were counted since that answer, and of its newest.
let seen = new Set();

function changed() {
  const query = controls.read();
  controls.remember(query);
  show('[data-band="refusal"]', false);
  if (query.exchanges.length) refresh.now(query);
  else selectNothing(query);
}

function selectAll() {
  controls.select(true);
  changed();
}

function showAllSizes() {
  controls.showAllSizes();
  changed();
}

function selectNothing(query) {
  refresh.stop();
  shown = query;
  multiples.clear();
  show("[data-tables]", false);
  stage.nothingSelected();
}

async function ask(query, signal) {
  const [answer, rows] = await Promise.all([fetchGrid(query, signal), fetchLatest(query, signal)]);
  load(
    query,
    answer,
    rows.map(({ event_id }) => event_id),
  );
}

// `ids` are those of the newest rows that the answer holds.
function load(query, answer, ids) {
  const isAnother = query !== shown;
  shown = query;
  connection.heard();
  stage.clear();
  multiples.load(answer, query);
  seen = new Set(ids);
  recent.rows.forEach(count);
  if (isAnother) startOver(query);
  heldBack.ask(query, !multiples.count);
  redraw.now();
}

function startOver(query) {
  connection.follow(wish(query));
  write("[data-symbol]", query.symbol);
  write("[data-range]", range(query));
  show("[data-tables]", true);
  document.title = `${query.symbol} by exchange · liqsite`;
}

function wish({ symbol, exchanges, min_value }) {
  const symbols = exchanges.length ? [symbol] : [];
  return { symbols, exchanges, min_value: Number(min_value ?? 0) };
}

function take(frame) {
  recent.add(frame.rows);
  frame.rows.forEach(count);
  if (frame.left_out) refresh.soon();
  redraw.soon();
}

function count(row) {
  if (!multiples.shown.length || seen.has(row.event_id)) return;
  seen.add(row.event_id);
  if (isCounted(row) && passes(shown, row) && !multiples.add(row)) refresh.soon();
}

function draw() {
  if (!multiples.shown.length) return;
  multiples.draw();
  if (multiples.count) stage.ready();
  else stage.empty(quietWords(), shown.min_value !== undefined);
}

function quietWords() {
  return `${badges.quiet(shown)} ${nothingOf(shown)} ${heldBack.words}`;
}

// What is refused as asked would be refused again; the rest is asked for until it works.
function onError(error) {
  stage.error(error.message);
  if (error.isOurFault) refresh.stop();
}

async function askHealth() {
  const answer = await fetchHealth().catch(() => null);
  if (!answer) return;
  connection.heard();
  tellHealth(answer.timestamp, Object.values(answer.exchanges), answer.worker);
}

function tellHealth(at, rows, worker) {
  badges.update(at, rows, worker);
  multiples.tellStates(badges.rows);
}

tellHealth(health.timestamp, Object.values(health.exchanges), health.worker);
setInterval(() => document.hidden || badges.tell(), 1_000);
startShell(() => {
  multiples.change();
  redraw.now();
});
refresh.query = first.exchanges.length ? first : null;
connection.start(wish(first));
if (rendered) load(first, rendered, latest);
else if (first.exchanges.length) refresh.soon();
