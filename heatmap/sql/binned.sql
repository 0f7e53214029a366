-- Put in place of `FROM binned`: liquidated value and rows per exchange, side, time bin and price
-- bin; bins are counted from the epoch and from price zero. An entry price tells where a position
-- was opened, not where it was closed: such a row counts, but has no place on the price axis.
SELECT
    exchange,
    side,
    CAST(floor(epoch(exchange_time) / $time_step) AS BIGINT) AS time_index,
    CASE WHEN price_kind <> 'entry' THEN CAST(floor(price / $price_step) AS BIGINT) END
        AS price_index,
    sum(value_usd) AS value_usd,
    count(*) AS events,
    count(*) - count(value_usd) AS unknown_values,
    max(epoch_us(received_time)) AS newest
FROM selected
GROUP BY ALL
