-- Columns of zones are long lists of rounded numbers: never inlined, and a third of the size.
CALL lake.set_option('data_inlining_row_limit', 0, table_name => 'zone_columns');
CALL lake.set_option('parquet_version', '2', table_name => 'zone_columns');
CALL lake.set_option('parquet_compression', 'zstd', table_name => 'zone_columns');
