-- Tests sql/tables/settings.sql
begin;
select plan(59);

-- contract
select columns_are('backup', 'settings', array['id', 'project_ref', 'bucket_owner', 'functions_url', 'external_clock', 'included_schemas', 'excluded_schemas', 'chunk_bytes', 'worker_bytes', 'worker_seconds', 'workers', 'lease_seconds', 'max_attempts', 'keeper_max_age', 'keeper_start_timeout', 'count_at_plan_bytes', 'object_lock', 'retention_mode', 'retention_minimum', 'retention_grace', 'retention_debris_age', 'include_role_passwords', 'row_shrink_threshold', 'check_timeout', 'background_timeout', 'object_sample_share', 'drill_from', 'drill_window', 'drill_max_age', 'drill_timeout', 'key_proof_max_age', 'missed_run_grace', 'stuck_run_after', 'size_jump_factor', 'ledger_max_bytes', 'alert_max_per_hour', 'alert_max_attempts', 'alert_reminder_after', 'ledger_keep_work', 'ledger_keep_answers', 'ledger_keep_history'], 'settings has its columns');
select col_is_pk('backup', 'settings', array['id'], 'settings has a key');
select isnt(obj_description('backup.settings'::regclass), null, 'settings has a comment');

-- behaviour
select is((select count(*)::integer from backup.settings), 1, 'settings has one row');
select throws_ok($$ insert into backup.settings default values $$, '23505', null, 'settings rejects a second row');
select throws_ok($$ insert into backup.settings (id) values (false) $$, '23514', null, 'settings rejects a row under another key');
select throws_ok($$ update backup.settings set project_ref = '' $$, '23514', null, 'settings rejects project_ref = ');
select throws_ok($$ update backup.settings set project_ref = 'a/b' $$, '23514', null, 'settings rejects project_ref = a/b');
select throws_ok($$ update backup.settings set project_ref = '.hidden' $$, '23514', null, 'settings rejects project_ref = .hidden');
select throws_ok($$ update backup.settings set functions_url = 'abc.supabase.co/functions/v1' $$, '23514', null, 'settings rejects functions_url without https');
select throws_ok($$ update backup.settings set chunk_bytes = 8191 $$, '23514', null, 'settings rejects chunk_bytes = 8191');
select throws_ok($$ update backup.settings set chunk_bytes = 1073741825 $$, '23514', null, 'settings rejects chunk_bytes = 1073741825');
select throws_ok($$ update backup.settings set worker_bytes = 0 $$, '23514', null, 'settings rejects worker_bytes = 0');
select throws_ok($$ update backup.settings set worker_seconds = 0 $$, '23514', null, 'settings rejects worker_seconds = 0');
select throws_ok($$ update backup.settings set worker_seconds = 391 $$, '23514', null, 'settings rejects worker_seconds = 391');
select throws_ok($$ update backup.settings set workers = 0 $$, '23514', null, 'settings rejects workers = 0');
select throws_ok($$ update backup.settings set workers = 33 $$, '23514', null, 'settings rejects workers = 33');
select throws_ok($$ update backup.settings set lease_seconds = 4 $$, '23514', null, 'settings rejects lease_seconds = 4');
select throws_ok($$ update backup.settings set lease_seconds = 3601 $$, '23514', null, 'settings rejects lease_seconds = 3601');
select throws_ok($$ update backup.settings set object_lock = 'NONE' $$, '23514', null, 'settings rejects object_lock = NONE');
select throws_ok($$ update backup.settings set retention_mode = 'on' $$, '23514', null, 'settings rejects retention_mode = on');
select throws_ok($$ update backup.settings set retention_minimum = 0 $$, '23514', null, 'settings rejects retention_minimum = 0');
select throws_ok($$ update backup.settings set retention_grace = '-1 s' $$, '23514', null, 'settings rejects retention_grace = -1 s');
select throws_ok($$ update backup.settings set retention_debris_age = '23 hours' $$, '23514', null, 'settings rejects retention_debris_age = 23 hours');
select throws_ok($$ update backup.settings set keeper_max_age = '4 days' $$, '23514', null, 'settings rejects debris younger than a run may be');
select throws_ok($$ update backup.settings set max_attempts = 0 $$, '23514', null, 'settings rejects max_attempts = 0');
select throws_ok($$ update backup.settings set max_attempts = 101 $$, '23514', null, 'settings rejects max_attempts = 101');
select throws_ok($$ update backup.settings set row_shrink_threshold = -0.1 $$, '23514', null, 'settings rejects row_shrink_threshold = -0.1');
select throws_ok($$ update backup.settings set row_shrink_threshold = 1 $$, '23514', null, 'settings rejects row_shrink_threshold = 1');
select throws_ok($$ update backup.settings set object_sample_share = 0 $$, '23514', null, 'settings rejects object_sample_share = 0');
select throws_ok($$ update backup.settings set object_sample_share = 366 $$, '23514', null, 'settings rejects object_sample_share = 366');
select throws_ok($$ update backup.settings set drill_from = 'oldest' $$, '23514', null, 'settings rejects drill_from = oldest');
select throws_ok($$ update backup.settings set drill_window = '0' $$, '23514', null, 'settings rejects drill_window = 0');
select throws_ok($$ update backup.settings set drill_max_age = '-1 day' $$, '23514', null, 'settings rejects drill_max_age = -1 day');
select throws_ok($$ update backup.settings set drill_timeout = '59 seconds' $$, '23514', null, 'settings rejects drill_timeout = 59 seconds');
select lives_ok($$ update backup.settings set project_ref = 'abc-1.x_Y', chunk_bytes = 8192, worker_seconds = 390, workers = 32, lease_seconds = 5, max_attempts = 1, row_shrink_threshold = 0, object_sample_share = 1 $$, 'settings accepts the limits themselves');

select throws_ok($$ update backup.settings set missed_run_grace = '-1 second' $$, '23514', null, 'settings rejects missed_run_grace below 0');
select throws_ok($$ update backup.settings set stuck_run_after = '0' $$, '23514', null, 'settings rejects stuck_run_after = 0');
select throws_ok($$ update backup.settings set size_jump_factor = 1 $$, '23514', null, 'settings rejects size_jump_factor = 1');
select throws_ok($$ update backup.settings set ledger_max_bytes = 0 $$, '23514', null, 'settings rejects ledger_max_bytes = 0');
select throws_ok($$ update backup.settings set alert_max_per_hour = 0 $$, '23514', null, 'settings rejects alert_max_per_hour = 0');
select throws_ok($$ update backup.settings set alert_max_per_hour = 61 $$, '23514', null, 'settings rejects alert_max_per_hour = 61');
select throws_ok($$ update backup.settings set alert_max_attempts = 0 $$, '23514', null, 'settings rejects alert_max_attempts = 0');
select throws_ok($$ update backup.settings set alert_max_attempts = 21 $$, '23514', null, 'settings rejects alert_max_attempts = 21');
select throws_ok($$ update backup.settings set alert_reminder_after = '14 minutes' $$, '23514', null, 'settings rejects alert_reminder_after = 14 minutes');
select lives_ok($$ update backup.settings set alert_reminder_after = null $$, 'settings accepts that nobody is reminded');
select throws_ok($$ update backup.settings set ledger_keep_work = '7 days' $$, '23514', null, 'settings rejects ledger_keep_work = 7 days');
select throws_ok($$ update backup.settings set ledger_keep_answers = '29 days' $$, '23514', null, 'settings rejects answers that are kept shorter than work');
select throws_ok($$ update backup.settings set ledger_keep_answers = '7 days', ledger_keep_work = '8 days' $$, '23514', null, 'settings rejects such answers also where work is kept briefly');
select throws_ok($$ update backup.settings set ledger_keep_history = '359 days', ledger_keep_answers = '300 days' $$, '23514', null, 'settings rejects history of less than a year');
select throws_ok($$ update backup.settings set ledger_keep_answers = '3 years' $$, '23514', null, 'settings rejects history that is kept shorter than answers');
select lives_ok($$ update backup.settings set ledger_keep_work = '8 days', ledger_keep_answers = '8 days', ledger_keep_history = '1 year' $$, 'settings accepts the least that must be kept');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.settings'::regclass), true, 'settings has row level security');
select policies_are('backup', 'settings', array['service_role_reads'], 'settings has one policy');
select policy_roles_are('backup', 'settings', 'service_role_reads', array['service_role'], 'settings shows its rows to service_role');
select policy_cmd_is('backup', 'settings', 'service_role_reads', 'select', 'settings has a policy for reading');
select table_privs_are('backup', 'settings', 'anon', array[]::text[], 'anon may not touch settings');
select table_privs_are('backup', 'settings', 'authenticated', array[]::text[], 'authenticated may not touch settings');
select table_privs_are('backup', 'settings', 'service_role', array['SELECT'], 'service_role may read settings and nothing else');

select * from finish();
rollback;
