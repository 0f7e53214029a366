-- The largest known value of a selection.
SELECT max(value_usd) FROM selected;
