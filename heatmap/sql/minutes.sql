-- Liquidated value per exchange and minute, as two lists an exchange; minutes are counted from
-- the epoch.
SELECT
    exchange,
    list(minute) AS minutes,
    list(value_usd) AS value_usd,
    sum(unknown_values) AS unknown_values
FROM (
    SELECT
        exchange,
        CAST(floor(epoch(exchange_time) / 60) AS BIGINT) AS minute,
        coalesce(sum(value_usd), 0) AS value_usd,
        count(*) - count(value_usd) AS unknown_values
    FROM selected
    GROUP BY ALL
)
GROUP BY exchange;
