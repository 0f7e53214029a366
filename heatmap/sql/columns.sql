-- The cells of a selection, in a row per exchange and side: what they come to, and each one's bins
-- and value. Rows without a place on the price axis have a row of their own.
SELECT
    exchange,
    side,
    sum(value_usd) AS value_usd,
    sum(events) AS events,
    sum(unknown_values) AS unknown_values,
    max(newest) AS newest,
    price_index IS NOT NULL AS is_placed,
    list(time_index ORDER BY time_index, price_index) AS time_indexes,
    list(price_index ORDER BY time_index, price_index) AS price_indexes,
    list(value_usd ORDER BY time_index, price_index) AS cell_values
FROM binned
GROUP BY exchange, side, is_placed
ORDER BY exchange, side, is_placed;
