create type backup.chunk_kind as enum ('plan', 'schema', 'schema_sql', 'globals', 'data', 'sequences', 'manifest');
comment on type backup.chunk_kind is
  'What a chunk does: plan the tables, capture the schema, render it as SQL, capture roles, extensions and scheduled jobs, copy a ctid range, read the sequences, write the manifest.';
