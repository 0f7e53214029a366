-- Every symbol of the last 30 days, the most liquidated first.
SELECT symbol
FROM liquidations
WHERE exchange_time >= $start
GROUP BY symbol
ORDER BY sum(value_usd) DESC NULLS LAST, symbol
LIMIT 1000;
