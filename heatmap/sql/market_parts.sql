-- How many rows of a symbol's market each exchange has since a time, and when its model last froze.
WITH parts AS (
    SELECT exchange, 1 AS candles, 0 AS mark_candles, 0 AS open_interest, NULL AS frozen_at
    FROM candles WHERE symbol = $symbol AND opened_at >= $start
    UNION ALL
    SELECT exchange, 0, 1, 0, NULL
    FROM mark_candles WHERE symbol = $symbol AND opened_at >= $start
    UNION ALL
    SELECT exchange, 0, 0, 1, NULL
    FROM open_interest WHERE symbol = $symbol AND open_interest.at >= $start
    UNION ALL
    SELECT exchange, 0, 0, 0, frozen_at
    FROM zone_columns WHERE symbol = $symbol
)
SELECT
    exchange, sum(candles)::BIGINT, sum(mark_candles)::BIGINT, sum(open_interest)::BIGINT,
    max(frozen_at)
FROM parts
GROUP BY exchange
ORDER BY exchange;
