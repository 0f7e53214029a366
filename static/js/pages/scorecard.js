// The page of scorecards: the plot of said against realised chances.
/* global Plotly */

import { readJson } from "../lib/dom.js";
import { CONFIG, theme } from "../lib/plot.js";
import { startShell } from "../lib/shell.js";

const { models } = readJson("embedded");
const element = document.querySelector("[data-reliability]");

startShell(draw);
// The chart library's script is deferred, as this one is, and stands before it.
draw();

function draw() {
  if (!element) return;
  const colors = theme();
  const traces = models.map(({ name, deciles }) => points(name, deciles, colors));
  const most = Math.max(0.01, ...traces.flatMap(({ x, y }) => [...x, ...y]));
  Plotly.react(element, [diagonal(most, colors), ...traces], shape(most, colors), CONFIG);
}

function points(name, deciles, colors) {
  const known = deciles.filter(({ predicted, realised }) => predicted !== null && realised !== null);
  return {
    type: "scatter",
    mode: "lines+markers",
    name,
    x: known.map(({ predicted }) => predicted),
    y: known.map(({ realised }) => realised),
    text: known.map(({ bins }) => `${bins} bins`),
    hovertemplate: "said %{x:.3f}, realised %{y:.3f}, %{text}<extra></extra>",
    line: { color: colors.long, width: 1.5 },
    marker: { color: colors.long, size: 8 },
  };
}

function diagonal(most, colors) {
  return {
    type: "scatter",
    mode: "lines",
    x: [0, most],
    y: [0, most],
    hoverinfo: "skip",
    line: { color: colors.muted, width: 1, dash: "dash" },
  };
}

function shape(most, colors) {
  const axis = (title) => ({
    title: { text: title },
    range: [0, 1.06 * most],
    gridcolor: colors.line,
    zeroline: false,
    fixedrange: true,
  });
  return {
    margin: { l: 56, r: 12, t: 8, b: 44 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: "inherit", size: 11, color: colors.muted },
    showlegend: false,
    dragmode: false,
    xaxis: axis("said"),
    yaxis: axis("realised"),
  };
}
