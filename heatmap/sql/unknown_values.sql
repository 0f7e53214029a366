-- Rows whose value in USD is not known, per exchange.
SELECT exchange, count(*) - count(value_usd) AS unknown_values
FROM selected
GROUP BY exchange;
