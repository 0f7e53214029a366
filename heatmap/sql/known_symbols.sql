-- Every symbol of which something is stored.
SELECT symbol FROM liquidations
UNION
SELECT symbol FROM zone_columns
ORDER BY symbol;
