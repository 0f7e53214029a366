// The chart as a PNG file, with what it shows written on it; made here, nothing is sent anywhere.
/* global Plotly */

import { find, make } from "./dom.js";
import { stamp } from "./format.js";
import { theme } from "./plot.js";

const SCALE = 2;
const TITLE_HEIGHT = 44;

// `title()` says in words what the chart shows, `gaps` what was not covered.
export function startPicture(chart, gaps, title) {
  const button = find("[data-picture]");
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    save(await Plotly.toImage(figure(chart, gaps, title()), size(chart)), fileName(title()));
    button.setAttribute("aria-busy", "false");
  });
}

function size({ clientWidth: width, clientHeight: height }) {
  return { format: "png", width, height: height + TITLE_HEIGHT, scale: SCALE };
}

// The notice (that data is simulated) stands on the picture as on the page.
function figure({ data, layout, clientWidth, clientHeight }, gaps, title) {
  const colors = theme();
  const notice = find("[data-notice]")?.textContent ?? "";
  const known = [`${title} · liqsite, ${stamp(Date.now())}`, gaps.summary].filter(Boolean);
  const text = [known.join(" · "), notice].filter(Boolean).join("<br>");
  return {
    data,
    layout: {
      ...layout,
      shapes: [...(layout.shapes ?? []), ...gaps.shapes(colors.muted)],
      width: clientWidth,
      height: clientHeight + TITLE_HEIGHT,
      margin: { ...layout.margin, t: layout.margin.t + TITLE_HEIGHT },
      paper_bgcolor: colors.panel,
      plot_bgcolor: colors.panel,
      title: { text, x: 0.01, y: 0.985, yanchor: "top", font: { size: 13, color: colors.text } },
    },
  };
}

function fileName(title) {
  return `liqsite-${title.replace(/[^A-Za-z0-9]+/g, "-")}-${stamp(Date.now()).slice(0, 10)}.png`;
}

function save(address, name) {
  const link = make("a");
  Object.assign(link, { href: address, download: name });
  link.click();
}
