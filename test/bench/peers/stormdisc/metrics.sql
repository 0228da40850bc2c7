SELECT stormdisc_record_metric_batch(:components::text[], :names::text[], :values::float8[]);
