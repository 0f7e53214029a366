-- The tiers of one symbol on one exchange as they were last told.
SELECT floor, cap, unit, maintenance_rate, max_leverage, deduction, told_at
FROM leverage_tiers
WHERE exchange = $exchange AND symbol = $symbol
QUALIFY told_at = max(told_at) OVER ()
ORDER BY floor;
