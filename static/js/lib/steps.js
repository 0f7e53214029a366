// In which steps the layers are asked for; heatmap/chart_layers.py chooses them by the same rules.

export class Steps {
  // `rules` are those that the server tells.
  constructor(rules) {
    this.rules = rules;
  }

  // Return {start, end} of what a query asks for, in milliseconds.
  span({ timeframe, start, end }) {
    const last = end ? Date.parse(end) : Date.now();
    const length = this.rules.timeframes[timeframe] * 1000;
    return { start: start ? Date.parse(start) : last - length, end: last };
  }

  // Return {candles, frozen, observed}: the interval of each; undefined lets the API choose.
  intervals(seconds, asked) {
    const { most_steps, frozen_every_seconds, fine_span_seconds } = this.rules;
    const candles = asked ?? this.#shortest(seconds);
    return {
      candles,
      frozen: asked ?? this.#shortest(Math.max(seconds, most_steps * frozen_every_seconds)),
      observed: asked ?? (seconds > fine_span_seconds ? candles : undefined),
    };
  }

  seconds(interval) {
    return this.rules.intervals[interval];
  }

  // Return {low, high, step} of the prices around candles [lowest, highest], null without them.
  window(range, interval) {
    if (!range) return null;
    const { reach, most_levels, finest_level } = this.rules;
    const low = range[0] * (1 - reach[interval]);
    const high = range[1] * (1 + reach[interval]);
    if (low <= 0) return null;
    const finest = Math.max(1, Math.floor(Math.log(high / low) / finest_level));
    return { low, high, step: roundStep((high - low) / Math.min(most_levels, finest)) };
  }

  #shortest(seconds) {
    const { intervals, most_steps } = this.rules;
    const fits = Object.entries(intervals).sort((a, b) => a[1] - b[1]);
    return (fits.find(([, step]) => step >= seconds / most_steps) ?? fits.at(-1))[0];
  }
}

// Return the smallest 1, 2 or 5 times a power of ten that is at least so large.
export function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}
