// Liquidations as marks over what was predicted: size is dollars, longs orange, shorts sky-blue.

const SIDES = ["long", "short"];
const LARGEST_PX = 16;
const SMALLEST_PX = 4;
// So many of each side, the largest.
const MOST_MARKS = 300;
const LOOKS = { long: ["triangle-down", "orange"], short: ["triangle-up", "sky"] };

export class Marks {
  #traces = new Map(SIDES.map((side) => [side, emptyTrace(side)]));
  #revision = -1;

  // Return a trace of each side, of the cells of a grid.
  traces(grid, colors) {
    if (this.#revision !== grid.revision) this.#fill(grid);
    this.#revision = grid.revision;
    for (const side of SIDES)
      Object.assign(this.#traces.get(side).marker, {
        color: colors[LOOKS[side][1]],
        line: { color: colors.panel, width: 1 },
      });
    return [...this.#traces.values()];
  }

  #fill(grid) {
    const sums = { long: new Map(), short: new Map() };
    grid.visit((exchange, side, timeIndex, dollars, priceIndex) => {
      const key = `${timeIndex} ${priceIndex}`;
      sums[side].set(key, (sums[side].get(key) ?? 0) + dollars);
    });
    const largest = Math.max(0, ...SIDES.flatMap((side) => [...sums[side].values()]));
    for (const side of SIDES) this.#put(this.#traces.get(side), sums[side], grid, largest);
  }

  #put({ x, y, marker }, sums, grid, largest) {
    const told = [...sums].sort((a, b) => b[1] - a[1]).slice(0, MOST_MARKS);
    x.length = y.length = marker.size.length = told.length;
    told.forEach(([key, dollars], index) => {
      const { start, end, low, high } = grid.box(...key.split(" ").map(Number));
      x[index] = (start + end) / 2;
      y[index] = (low + high) / 2;
      marker.size[index] = Math.max(SMALLEST_PX, LARGEST_PX * Math.sqrt(dollars / largest));
    });
  }
}

function emptyTrace(side) {
  return {
    type: "scatter",
    mode: "markers",
    x: [],
    y: [],
    hoverinfo: "skip",
    marker: { symbol: LOOKS[side][0], size: [], opacity: 0.9 },
  };
}
