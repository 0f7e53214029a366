-- The kernels of one symbol on one exchange, in the order of their use.
SELECT kernel, method, fitted_since, fitted_until, used_from, long_weights, short_weights
FROM kernels
WHERE exchange = $exchange AND symbol = $symbol
ORDER BY used_from, kernel;
