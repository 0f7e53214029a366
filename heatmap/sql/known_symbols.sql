-- Every symbol of which something is stored.
SELECT DISTINCT symbol FROM liquidations ORDER BY symbol;
