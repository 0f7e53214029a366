-- What a pass found, by side, margin mode and step of the liquidation price; a NULL step: the
-- venue told no such price.
SELECT
    side,
    margin_mode,
    floor(liquidation_price / $step) AS step,
    count(*) AS positions,
    fsum(quantity) AS quantity,
    fsum(quantity * liquidation_price) AS value_usd
FROM observed_positions
WHERE symbol = $symbol AND taken_at = $taken_at
GROUP BY ALL
ORDER BY step, side, margin_mode;
