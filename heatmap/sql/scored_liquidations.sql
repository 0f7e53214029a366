-- What was liquidated of a symbol on an exchange, as it is stored.
SELECT *
FROM liquidations
WHERE exchange = $exchange AND symbol = $symbol
  AND exchange_time >= $start AND exchange_time < $until
ORDER BY exchange_time, event_id;
