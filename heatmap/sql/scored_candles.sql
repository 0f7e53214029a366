-- Candles that closed in the range.
SELECT opened_at, open, high, low, close, volume
FROM candles
WHERE exchange = $exchange AND symbol = $symbol
  AND opened_at >= $start AND opened_at + INTERVAL 5 MINUTE <= $until
ORDER BY opened_at;
