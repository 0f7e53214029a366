-- Candles of any interval, made of the 5-minute ones of the venue that has most of them.
WITH stored AS (
    SELECT exchange, opened_at, open, high, low, close, volume
    FROM candles
    WHERE symbol = $symbol AND opened_at >= $start AND opened_at < $end
),
chosen AS (
    SELECT exchange FROM stored GROUP BY exchange ORDER BY count(*) DESC, exchange LIMIT 1
)
SELECT
    exchange,
    epoch(opened_at)::BIGINT // $step AS time_index,
    arg_min(open, opened_at) AS open,
    max(high) AS high,
    min(low) AS low,
    arg_max(close, opened_at) AS close,
    fsum(volume) AS volume,
    count(*) AS parts
FROM stored JOIN chosen USING (exchange)
GROUP BY exchange, time_index
ORDER BY time_index;
