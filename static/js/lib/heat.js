// The main chart: price by time; what was predicted or observed as colours, marks, candles.
/* global Plotly */

import { Candles, lastPrice } from "./candles.js";
import { quantiles } from "./cells.js";
import { find, show } from "./dom.js";
import { Marks } from "./marks.js";
import { Plane } from "./plane.js";
import { CONFIG, layout, narrow, theme, verticalAxis } from "./plot.js";
import { Predicted } from "./predicted.js";
import { Profile } from "./profile.js";

// In pixels, at least.
const CELL = { width: 6, height: 4 };
// Of the cells, the parts below which the slider begins, colours begin, and the colours end.
const PREDICTED_PARTS = [0.02, 0.45, 0.995, 1];
const OBSERVED_PARTS = [0, 0.05, 0.995, 1];
// The slider is at most so long below the usual end, unless the colours begin earlier.
const DECADES = 2;
const NOTHING = "rgba(0,0,0,0)";

export class Heat {
  #revision = 0;
  #drawn = "";
  #marks = new Marks();
  #ends = { key: "", value: null };
  predicted = new Predicted();
  candles = new Candles();

  constructor(element, grid, venues, { layers, threshold }) {
    Object.assign(this, { element, grid, venues, layers, threshold });
    this.plane = new Plane(element);
    this.profile = new Profile(venues);
    this.trace = {
      type: "heatmap",
      zsmooth: false,
      showscale: false,
      hoverinfo: "skip",
      hoverongaps: false,
    };
  }

  // Take answers of the API; null for layers that are not shown. Steps that were asked for are
  // drawn as they are, whatever room there is.
  load({ grid, predicted, candles }, { interval, price_bin_size }) {
    const { times, prices } = this.plane.room(CELL);
    this.grid.load(grid, {
      times: interval ? Infinity : times,
      prices: price_bin_size ? Infinity : prices,
    });
    this.predicted.load(predicted);
    this.candles.load(candles, candles ? this.layers.steps.seconds(candles.interval) : 0);
  }

  // The cells that are coloured, null where neither layer is on.
  get field() {
    if (this.isPredicted) return this.predicted;
    return this.layers.has("observed") ? this.grid : null;
  }

  get isPredicted() {
    return this.layers.has("predicted") && !this.predicted.isEmpty;
  }

  get isEmpty() {
    return (this.field?.isEmpty ?? true) && this.candles.isEmpty;
  }

  // Draw what has changed since the last time.
  async draw(zoom) {
    const colors = theme();
    if (!this.#hasChanged(zoom, colors)) return;
    const range = zoom.price ?? this.#prices();
    const { shapes, annotations } = lastPrice(this.candles.last, colors);
    const isTold = annotations.length && annotations[0].y > range[0] && annotations[0].y < range[1];
    const shape = layout(colors, {
      grid: this.grid,
      zoom,
      revision: ++this.#revision,
      hovermode: false,
      barmode: "stack",
      bargap: 0,
      yaxis: verticalAxis(colors, { tickformat: ",~f", range, anchor: narrow() ? "x" : "x2" }),
      xaxis2: { domain: [zoom.domain[1] + 0.008, 1], visible: false, fixedrange: true },
      shapes: isTold ? shapes : [],
      annotations: isTold ? annotations : [],
    });
    shape.xaxis.rangeslider = { visible: false };
    await Plotly.react(this.element, this.#traces(colors), shape, CONFIG);
    this.plane.set(shape.xaxis.range.map(Number), range, zoom.domain);
    zoom.follow(this.element, true);
  }

  // Draw the same cells in the colours of the slider.
  async recolor() {
    const [zmin, zmax] = this.threshold.limits;
    if (this.trace.z) await Plotly.restyle(this.element, { zmin, zmax }, [0]);
  }

  #traces(colors) {
    const traces = [this.#heat(colors)];
    if (this.layers.has("candles")) traces.push(this.candles.styled(colors));
    if (this.isPredicted && this.layers.has("observed"))
      traces.push(...this.#marks.traces(this.grid, colors));
    if (this.field && !narrow())
      traces.push(...this.profile.traces(this.field, this.isPredicted, colors));
    find("[data-profile-legend]").replaceChildren(...(this.field ? this.profile.legend() : []));
    show("[data-profile-legend]", !narrow());
    return traces;
  }

  #heat(colors) {
    const { trace, field } = this;
    if (!field || field.isEmpty) {
      this.threshold.hide();
      return Object.assign(trace, { z: [[null]], zmin: 0, zmax: 1 });
    }
    const [first, low, high, last] = this.#limits(field);
    const unit = this.isPredicted ? this.predicted.unit : "usd";
    const track = [Math.max(first, Math.min(low, high - DECADES)), Math.max(last, first + 0.1)];
    this.threshold.set(track, [low, high], unit);
    const [zmin, zmax] = this.threshold.limits;
    return Object.assign(trace, {
      z: field.rows,
      x0: field.start + field.step / 2,
      dx: field.step,
      y0: field.price.start + field.price.step / 2,
      dy: field.price.step,
      zmin: zmin - 1e-6,
      zmax,
      // What lies below the scale is left out.
      colorscale: [[0, NOTHING], [1e-6, colors.scale[0][1]], ...colors.scale.slice(1)],
    });
  }

  // Sorting all cells takes a while, and is done only when one has changed.
  #limits(field) {
    const key = `${this.isPredicted} ${field.revision}`;
    if (this.#ends.key !== key) {
      const parts = this.isPredicted ? PREDICTED_PARTS : OBSERVED_PARTS;
      this.#ends = { key, value: quantiles(field.rows, parts) };
    }
    return this.#ends.value;
  }

  #hasChanged(zoom, colors) {
    const { clientWidth, clientHeight } = this.element;
    const state = JSON.stringify([
      this.grid.revision, this.predicted.revision, this.candles.revision, [...this.layers.on],
      zoom, colors, clientWidth, clientHeight,
    ]);
    const hasChanged = state !== this.#drawn;
    this.#drawn = state;
    return hasChanged;
  }

  // The prices of what is coloured; else of the cells and the candles.
  #prices() {
    const ranges = [this.candles.range];
    if (this.isPredicted || this.layers.has("observed")) {
      const { start, step, count } = (this.isPredicted ? this.predicted : this.grid).price;
      if (this.isPredicted) return [start, start + count * step];
      if (count) ranges.push([start - step, start + (count + 1) * step]);
    }
    const known = ranges.filter(Boolean);
    const low = Math.min(...known.map(([low]) => low));
    const high = Math.max(...known.map(([, high]) => high));
    const rim = 0.02 * (high - low) || 0.001 * high;
    return [low - rim, high + rim];
  }
}
