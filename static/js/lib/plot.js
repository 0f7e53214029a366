// What the charts share: the time axis, the theme's colours, and the way Plotly is called.

import { find } from "./dom.js";
import { localTicks } from "./ticks.js";

export const CONFIG = {
  displayModeBar: false,
  doubleClick: false,
  showTips: false,
  responsive: true,
};
export const MARGIN = { l: 10, r: 66, t: 6, b: 36 };
const CLOCKS = [
  { dtickrange: [null, 60_000], value: "%H:%M:%S\n%e %b" },
  { dtickrange: [60_000, 86_400_000], value: "%H:%M\n%e %b" },
  { dtickrange: [86_400_000, null], value: "%e %b\n%Y" },
];

// Wait until the chart library is there: it comes beside the modules, in no fixed order.
export async function library() {
  if (window.Plotly) return;
  await new Promise((resolve) => find("[data-plotly]").addEventListener("load", resolve));
}

// Return the theme's colours as the browser resolves them now.
export function theme() {
  const probe = document.body.appendChild(document.createElement("i"));
  const color = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ["text", "muted", "line", "edge", "panel", "long", "short", "orange", "sky"];
  names.push("candle-up", "candle-down");
  const colors = Object.fromEntries(names.map((name) => [name, color(name)]));
  colors.scale = [0, 1, 2, 3, 4, 5].map((step) => [step / 5, color(`heat-${step}`)]);
  probe.remove();
  return colors;
}

// Return the layout of a chart over the grid's time; `revision` grows when data changed in place.
// `zoom` may tell the {time} that is shown, else the {whole}, and the {domain} it takes in width.
export function layout(colors, { grid, zoom, revision, ...rest }) {
  const range = zoom.time ?? zoom.whole ?? grid.span;
  return {
    margin: MARGIN,
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: "inherit", size: 11, color: colors.muted },
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    showlegend: false,
    separators: ".\u202f",
    datarevision: revision,
    xaxis: {
      type: "date",
      range,
      domain: zoom.domain ?? [0, 1],
      gridcolor: colors.line,
      tickangle: 0,
      tickformatstops: CLOCKS,
      nticks: narrow() ? 5 : 10,
      zeroline: false,
      ...localTicks(...range, narrow() ? 5 : 10),
    },
    ...rest,
  };
}

export function verticalAxis(colors, rest) {
  return { side: "right", gridcolor: colors.line, zeroline: false, nticks: 8, ...rest };
}

export function narrow() {
  return matchMedia("(max-width: 800px)").matches;
}
