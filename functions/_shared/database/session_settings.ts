/** Servers before PostgreSQL 17 do not know it and would refuse to set it. */
const LIFT_TRANSACTION_TIMEOUT = `select pg_catalog.set_config('transaction_timeout', '0', false)
  where pg_catalog.current_setting('transaction_timeout', true) is not null`;

/**
 * Settings that change how values, statements and names look as text, pinned so that the same data always gives the same
 * bytes and is read as it was written, whatever a database or role has as its own; and limits that would end long reads. A
 * database that is read-only by default, as one whose disk is full, can still be backed up: what is written is the ledger.
 * No JIT: to compile a query of the catalog takes longer (3 s of CPU for a whole schema) than to run it.
 * `set` after connecting, because poolers drop start-up options. row_security off makes a policy that would hide rows an error.
 */
export const SESSION_SETTINGS = `
  set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set timezone = 'UTC';
  set extra_float_digits = 1; set bytea_output = 'hex'; set lc_monetary = 'C'; set xmlbinary = 'base64';
  set client_encoding = 'UTF8'; set row_security = off; set search_path = '';
  set standard_conforming_strings = on; set xmloption = 'content'; set quote_all_identifiers = off; set array_nulls = on; set transform_null_equals = off;
  set default_transaction_isolation = 'read committed'; set default_transaction_read_only = off; set default_tablespace = ''; set default_table_access_method = 'heap';
  set idle_in_transaction_session_timeout = 0; set idle_session_timeout = 0; set lock_timeout = 0; set jit = off;
  ${LIFT_TRANSACTION_TIMEOUT};`;
