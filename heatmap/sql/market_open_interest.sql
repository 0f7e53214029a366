-- Open interest of one symbol on one exchange, for the model.
SELECT "at", quantity
FROM open_interest
WHERE exchange = $exchange AND symbol = $symbol AND "at" >= $start AND "at" <= $end
ORDER BY "at"
