// Links to files of the liquidations that are shown: the API's addresses, with the same filters.

import { filters } from "./api.js";
import { findAll } from "./dom.js";

// `venueCount` venues are all of them, which need no words.
export function tellExports(query, venueCount) {
  const values = filters(query);
  if (query.exchanges.length === venueCount) delete values.exchanges;
  for (const link of findAll("[data-export]")) {
    link.hidden = !query.exchanges.length;
    const { pathname } = new URL(link.href);
    link.href = `${pathname}?${new URLSearchParams({ ...values, format: link.dataset.export })}`;
  }
}
