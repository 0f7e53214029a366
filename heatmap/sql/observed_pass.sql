-- The last pass over a venue's accounts at or before a time.
SELECT exchange, began_at, taken_at, known, asked, failed, price, open_interest, coverage
FROM observed_passes
WHERE symbol = $symbol AND taken_at <= $at
ORDER BY taken_at DESC
LIMIT 1;
