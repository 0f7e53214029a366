-- Frozen columns of a symbol, one row a side: the newest of each exchange in the last $oldest
-- seconds before each full $step. Of a column that was written twice, the first telling stands.
SELECT exchange, side, frozen_at, first_bin, quantity, price, coverage, kernel
FROM zone_columns
WHERE symbol = $symbol
  AND list_contains($exchanges, exchange)
  AND frozen_at > $start AND frozen_at <= $end
  AND (-epoch(frozen_at)) % $step + CASE WHEN epoch(frozen_at) % $step > 0 THEN $step ELSE 0 END
      < $oldest
QUALIFY row_number() OVER (
    PARTITION BY exchange, side, ceil(epoch(frozen_at) / $step)
    ORDER BY frozen_at DESC, written_at
) = 1
ORDER BY exchange, frozen_at, side
