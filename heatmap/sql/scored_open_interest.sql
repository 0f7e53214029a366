-- What was open, on one side, in base units.
SELECT "at", quantity
FROM open_interest
WHERE exchange = $exchange AND symbol = $symbol AND "at" >= $start AND "at" <= $until
ORDER BY "at";
