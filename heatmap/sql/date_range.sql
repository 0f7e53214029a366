-- The first and last stored liquidation per exchange.
SELECT
    exchange,
    min(exchange_time) AS first_time,
    max(exchange_time) AS last_time,
    count(*) AS events,
    count(*) - count(value_usd) AS unknown_values
FROM liquidations
WHERE ($symbol IS NULL OR symbol = $symbol)
  AND list_contains($exchanges, exchange)
GROUP BY exchange
ORDER BY exchange;
