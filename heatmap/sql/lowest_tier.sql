-- The maintenance margin rate of small positions, as it was told last.
SELECT maintenance_rate
FROM leverage_tiers
WHERE exchange = $exchange AND symbol = $symbol AND told_at <= $until
ORDER BY told_at DESC, floor
LIMIT 1;
