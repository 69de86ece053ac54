-- Everything Holdfast keeps in the database lives in one schema that the Data API does not expose.
create schema if not exists backup;
comment on schema backup is
  'Holdfast: verified off-site backups. Start with: select * from backup.status; select * from backup.restore_points;';
revoke all on schema backup from public;
grant usage on schema backup to service_role;
alter default privileges in schema backup revoke execute on functions from public;
