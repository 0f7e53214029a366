-- How far the mark price went in each candle that closed in the range.
SELECT opened_at, high, low
FROM mark_candles
WHERE exchange = $exchange AND symbol = $symbol
  AND opened_at >= $start AND opened_at + INTERVAL 5 MINUTE <= $until
ORDER BY opened_at;
