-- Liquidated value and rows per symbol and exchange.
SELECT
    symbol,
    exchange,
    sum(value_usd) AS value_usd,
    count(*) AS events,
    count(*) - count(value_usd) AS unknown_values,
    max(exchange_time) AS last_time
FROM selected
GROUP BY ALL
ORDER BY symbol, exchange;
