// The lines over the map and the words above it: where the price is, the step that holds most.

import { amount, price } from "./format.js";
import { narrow } from "./plot.js";

// Return a chart's shapes and annotations; `last` is the price, blank where it is not known.
export function marks(answer, colors, last) {
  const { max_pain: pain, unit } = answer;
  const shapes = [];
  const [below, above] = narrow() ? ["", ""] : [", summed downwards", ", summed upwards"];
  const annotations = [
    corner(`▼ longs${below}`, "left", colors.long),
    corner(`▲ shorts${above}`, "right", colors.short),
  ];
  const mark = (at, text, color, dash, yshift) => {
    shapes.push(upright(at, color, dash));
    annotations.push(flag(at, text, color, yshift));
  };
  const told = pain && `max pain ${price(pain.price)}, ${amount(pain.value, unit)}`;
  if (pain) mark(pain.price, told, colors.muted, "dot", 16);
  if (last) mark(last, `price ${price(last)}`, colors.text, "dash", 0);
  return { shapes, annotations };
}

function upright(at, color, dash) {
  return { type: "line", x0: at, x1: at, yref: "paper", y0: 0, y1: 1, line: { color, width: 1.2, dash } };
}

function flag(at, text, color, yshift) {
  return { ...words(text, color), x: at, yshift };
}

function corner(text, xanchor, color) {
  return { ...words(text, color), x: xanchor === "left" ? 0 : 1, xref: "paper", xanchor };
}

// Above the chart.
function words(text, color) {
  return { text, y: 1, yref: "paper", yanchor: "bottom", showarrow: false, font: { color } };
}
