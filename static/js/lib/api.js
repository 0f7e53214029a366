// Asking the site over HTTP; a failure is an Error whose message can be shown as it stands.

export class ApiError extends Error {}

// The site answered, and said no.
export class Refused extends ApiError {
  constructor(detail, status) {
    super(detail ?? `The site answered with status ${status}.`);
    this.isOurFault = status < 500;
  }
}

export class Unreachable extends ApiError {}

const TIMEOUT_MS = 30_000;

// What filters single liquidations; the rest of a query is about how they are shown.
const FILTERS = ["symbol", "timeframe", "start", "end", "exchanges", "side", "min_value"];

export function fetchGrid(query, signal) {
  const { start, end, ...rest } = query;
  const values = parameters({ ...rest, start_time: start, end_time: end });
  return get("/liquidations/heatmap-timeseries", { format: "columns", ...values }, signal);
}

// Return frozen columns of what was predicted.
export function fetchPredicted(asked, signal) {
  return fetchGrid({ ...asked, layer: "predicted" }, signal);
}

// Return the candles of a span {start, end} in milliseconds.
export function fetchCandles(symbol, interval, { start, end }, signal) {
  const [start_time, end_time] = [start, end].map((time) => new Date(time).toISOString());
  return get("/prices/klines", { symbol, interval, start_time, end_time }, signal);
}

// Return the legs behind a predicted cell.
export function fetchLegs(asked, signal) {
  return get("/liquidations/explain", parameters(asked), signal);
}

// Return one page of liquidations {liquidations, next_cursor}.
export function fetchEvents(asked, signal) {
  return get("/liquidations", parameters(asked), signal);
}

export async function fetchLatest(query, signal, limit = 100) {
  const values = { ...filters(query), type: "all", limit };
  const answer = await get("/liquidations", values, signal);
  return answer.liquidations;
}

export function fetchMap(query, signal) {
  return get("/liquidations/map", parameters(query), signal);
}

// Totals of the hours up to now, whatever the query's range.
export function fetchSummary(query, signal) {
  const { timeframe, start, end, ...rest } = filters(query);
  return get("/liquidations/summary", rest, signal);
}

export function fetchHealth() {
  return get("/exchanges/health", {});
}

// Return a page of the site as a document, also one that says what it does not understand.
export async function fetchPage(address, signal) {
  const [answer, text] = await reach(address, signal, "text/html");
  if (answer.status >= 500) throw new Refused(undefined, answer.status);
  return new DOMParser().parseFromString(text, "text/html");
}

// Return a query as an address says it; what is undefined is not asked for.
export function parameters({ exchanges, ...rest }) {
  return { ...defined(rest), exchanges: exchanges.join(",") };
}

// Return the part of a query that filters, as an address says it.
export function filters(query) {
  const known = Object.entries(query).filter(([name]) => FILTERS.includes(name));
  return parameters(Object.fromEntries(known));
}

function defined(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

async function get(path, values, signal) {
  const address = `${path}?${new URLSearchParams(values)}`;
  const [answer, text] = await reach(address, signal, "application/json");
  // An error page that is no JSON says nothing.
  const type = answer.headers.get("Content-Type") ?? "";
  const body = type.includes("json") ? JSON.parse(text) : {};
  if (!answer.ok) throw new Refused(body.detail, answer.status);
  return body;
}

// Return the answer and its text.
async function reach(url, signal, type) {
  const limits = [signal, AbortSignal.timeout(TIMEOUT_MS)].filter(Boolean);
  try {
    const answer = await fetch(url, { signal: AbortSignal.any(limits), headers: { Accept: type } });
    return [answer, await answer.text()];
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable("The site does not answer.");
  }
}
