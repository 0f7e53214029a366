-- How many liquidations of a symbol on an exchange are stored.
SELECT count(*)
FROM liquidations
WHERE exchange = $exchange AND symbol = $symbol
  AND exchange_time >= $start AND exchange_time < $until;
