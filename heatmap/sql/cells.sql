-- Liquidated value and rows per exchange, side, time bin and price bin.
SELECT
    exchange,
    side,
    CAST(floor((epoch(exchange_time) - $first_second) / $time_step) AS INTEGER) AS time_index,
    CAST(floor((price - $first_price) / $price_step) AS INTEGER) AS price_index,
    sum(value_usd) AS value_usd,
    count(*) AS events,
    count(*) - count(value_usd) AS unknown_values
FROM liquidations
WHERE symbol = $symbol
  AND exchange IN (SELECT unnest($exchanges))
  AND exchange_time >= $start AND exchange_time < $end
  AND liquidation_type <> 'adl'
GROUP BY ALL
ORDER BY exchange, side, time_index, price_index;
