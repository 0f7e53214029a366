-- What the model froze.
SELECT frozen_at, side, first_bin, quantity, written_at
FROM zone_columns
WHERE exchange = $exchange AND symbol = $symbol AND frozen_at >= $start AND frozen_at <= $until
ORDER BY frozen_at, side, written_at;
