-- The newest liquidations of one symbol.
SELECT
    event_id, exchange, instrument_id, symbol, side, price, price_kind, quantity, value_usd,
    liquidation_type, completeness, confidence, exchange_time, received_time
FROM liquidations
WHERE symbol = $symbol
  AND exchange IN (SELECT unnest($exchanges))
  AND exchange_time >= $start AND exchange_time < $end
ORDER BY exchange_time DESC, event_id
LIMIT $limit;
