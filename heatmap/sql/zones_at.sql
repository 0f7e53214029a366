-- The zones of the last snapshot at or before a time; of two for one time, the first written.
WITH last AS (
    SELECT snapshot, frozen_at
    FROM zones
    WHERE symbol = $symbol AND frozen_at <= $at
    ORDER BY frozen_at DESC, written_at, snapshot
    LIMIT 1
)
SELECT
    snapshot, frozen_at, written_at, side, low, high, value_usd, parts, probability, outcomes,
    base_probability, coverage, confidence
FROM zones JOIN last USING (snapshot, frozen_at)
WHERE symbol = $symbol
ORDER BY side, low;
