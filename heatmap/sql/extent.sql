-- The price and time range of one symbol's liquidations in a window.
SELECT
    min(price) FILTER (price_kind <> 'entry'),
    max(price) FILTER (price_kind <> 'entry'),
    min(exchange_time)
FROM liquidations
WHERE symbol = $symbol
  AND exchange IN (SELECT unnest($exchanges))
  AND exchange_time >= $start AND exchange_time < $end
  AND liquidation_type IN ('forced', 'backstop');
