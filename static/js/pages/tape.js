// The tape page: what the server rendered, kept live.

import { fetchHealth, fetchLatest } from "../lib/api.js";
import { Badges } from "../lib/badges.js";
import { Connection } from "../lib/connection.js";
import { Controls } from "../lib/controls.js";
import { find, readJson, say, show } from "../lib/dom.js";
import { tellExports } from "../lib/exports.js";
import { HeldBack } from "../lib/heldback.js";
import { Loud } from "../lib/loud.js";
import { Refresh } from "../lib/refresh.js";
import { dress, loudness } from "../lib/rows.js";
import { nothingOf, passes } from "../lib/selection.js";
import { startShell } from "../lib/shell.js";
import { Sound } from "../lib/sound.js";
import { Stage } from "../lib/stage.js";
import { MOST_ROWS, Tape } from "../lib/tape.js";

// Of symbols that the socket does not follow.
const ALL_SYMBOLS_POLL_MS = 10_000;

const { health, latest, query: first, symbols, venues } = readJson("embedded");
const badges = new Badges();
const tape = new Tape(venues, dress);
const sound = new Sound(find("[data-sound]"));
const loud = new Loud(find("[data-loud]"));
const controls = new Controls(changed);
const stage = new Stage({ onAll: selectAll, onAgain: changed, onSizes: showAllSizes });
const heldBack = new HeldBack(() => tellStage());
const refresh = new Refresh({
  ask,
  onError,
  onLoading: (isLoading) => stage.loading(isLoading),
});
const connection = new Connection({
  onHealth: (frame) => tellHealth(frame.at, frame.rows, frame.worker),
  onRows: take,
  askHealth,
  askRows: missed,
});
let shown = first;

function changed() {
  const query = controls.read();
  controls.remember(query);
  show('[data-band="refusal"]', false);
  tellExports(query, Object.keys(venues).length);
  tellFollowed(query);
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
  tape.clear();
  stage.nothingSelected();
}

async function ask(query, signal) {
  const rows = await fetchLatest(query, signal, MOST_ROWS);
  if (query !== shown) startOver(query);
  connection.heard();
  stage.clear();
  tape.add(rows.filter((row) => tape.isNew(row)));
  tellStage();
  heldBack.ask(query, tape.isEmpty);
}

function startOver(query) {
  shown = query;
  tape.clear();
  connection.follow(wish(query));
}

// What the socket is asked for; of all symbols it follows the largest.
function wish({ symbol, exchanges, min_value }) {
  const followed = exchanges.length ? (symbol ? [symbol] : symbols) : [];
  return { symbols: followed, exchanges, min_value: Number(min_value ?? 0) };
}

function take(frame) {
  const fresh = frame.rows.filter((row) => passes(shown, row) && tape.isNew(row));
  if (frame.left_out) missed();
  if (!fresh.length) return;
  tape.add(fresh);
  loud.hear(fresh);
  sound.ring(Math.max(...fresh.map(loudness)));
  tellStage();
}

function missed() {
  tape.miss();
  refresh.soon();
}

function tellStage() {
  if (tape.isEmpty) stage.empty(quietWords(), shown.min_value !== undefined);
  else stage.ready();
}

function quietWords() {
  return `${badges.quiet(shown)} ${nothingOf(shown)} ${heldBack.words}`;
}

// Say which symbols come live and which do not, when that is not simply the one asked for.
function tellFollowed({ symbol }) {
  show("[data-follow]", !symbol);
  const names = symbols.length ? `${symbols.join(", ")} come live; ` : "";
  say(find("[data-follow-words]"), `${names}others are asked for every 10 s.`);
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
  if (shown.exchanges.length && tape.isEmpty && refresh.query) tellStage();
}

tellHealth(health.timestamp, Object.values(health.exchanges), health.worker);
tellFollowed(first);
startShell();
setInterval(() => document.hidden || badges.tell(), 1_000);
setInterval(() => shown.symbol || refresh.soon(), ALL_SYMBOLS_POLL_MS);
refresh.query = first.exchanges.length ? first : null;
tape.clear();
tape.add(latest.filter((row) => tape.isNew(row)));
if (first.exchanges.length) tellStage();
connection.start(wish(first));
