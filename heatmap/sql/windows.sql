-- Liquidated value, rows and the largest of them, per exchange, side and window. A row is told
-- with the shortest window that holds it ($hours is sorted); the reader adds them up.
SELECT
    exchange,
    side,
    len(list_filter($hours, lambda hours: exchange_time < $end - to_hours(hours))) AS window_index,
    sum(value_usd) AS value_usd,
    count(*) AS events,
    count(*) - count(value_usd) AS unknown_values,
    max(value_usd) AS largest,
    arg_max(event_id, value_usd) AS largest_id,
    arg_max(price, value_usd) AS largest_price,
    arg_max(exchange_time, value_usd) AS largest_time,
    max(epoch_us(received_time)) AS newest
FROM selected
GROUP BY ALL;
