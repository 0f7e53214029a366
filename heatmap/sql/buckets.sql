-- Liquidated value and rows per time bin, exchange and side; bins are counted from the epoch.
SELECT
    exchange,
    side,
    CAST(floor(epoch(exchange_time) / $time_step) AS BIGINT) AS time_index,
    sum(value_usd) AS value_usd,
    count(*) AS events,
    count(*) - count(value_usd) AS unknown_values
FROM selected
GROUP BY ALL
ORDER BY exchange, side, time_index;
