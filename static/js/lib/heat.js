// The heatmap: price by time, colour is log10 of dollars.
/* global Plotly */

import { find, say, show } from "./dom.js";
import { usd } from "./format.js";
import { CONFIG, layout, theme, verticalAxis } from "./plot.js";
import { Tooltip } from "./tooltip.js";

// In pixels, at least.
const CELL = { width: 6, height: 4 };

export class Heat {
  #revision = 0;
  #tooltip = null;

  constructor(element, grid, venues) {
    Object.assign(this, { element, grid, venues });
    this.trace = {
      type: "heatmap",
      z: grid.rows,
      zsmooth: false,
      showscale: false,
      hoverinfo: "none",
      hoverongaps: false,
    };
  }

  // Return how many cells there is room for, large enough to tell their colours apart.
  get room() {
    const { clientWidth, clientHeight } = this.element;
    return {
      times: Math.ceil(clientWidth / CELL.width),
      prices: Math.ceil(clientHeight / CELL.height),
    };
  }

  async draw(zoom) {
    const { grid, trace } = this;
    const colors = theme();
    const limits = grid.limits();
    Object.assign(trace, {
      x0: grid.start + grid.step / 2,
      dx: grid.step,
      y0: grid.price.start + grid.price.step / 2,
      dy: grid.price.step,
      zmin: limits?.[0] ?? 0,
      zmax: Math.max(limits?.[1] ?? 1, (limits?.[0] ?? 0) + 0.01),
      colorscale: colors.scale,
    });
    const shape = layout(colors, {
      grid,
      zoom,
      revision: ++this.#revision,
      hovermode: "closest",
      yaxis: verticalAxis(colors, { tickformat: ",~f", range: zoom.price ?? this.#prices() }),
    });
    await Plotly.react(this.element, [trace], shape, CONFIG);
    zoom.follow(this.element, true);
    this.#tooltip ??= new Tooltip(find("[data-tooltip]"), this.element, this.grid, this.venues);
    tellScale(limits);
  }

  #prices() {
    const { start, step, count } = this.grid.price;
    return [start - step, start + (count + 1) * step];
  }
}

export function tellScale(limits) {
  show("[data-scale]", limits !== null);
  if (limits === null) return;
  say(find("[data-scale-low]"), usd(10 ** limits[0]));
  say(find("[data-scale-high]"), usd(10 ** limits[1]));
}
