-- Tests sql/tables/tickets.sql
begin;
select plan(15);

-- contract
select columns_are('backup', 'tickets', array['ticket_id', 'function_name', 'body', 'run_id', 'issued_at', 'expires_at', 'posted', 'claimed_at'], 'tickets has its columns');
select col_is_pk('backup', 'tickets', array['ticket_id'], 'tickets has a key');
select isnt(obj_description('backup.tickets'::regclass), null, 'tickets has a comment');

-- behaviour
select lives_ok($$ insert into backup.tickets (function_name, expires_at) values ('f', clock_timestamp() + interval '1 second') $$, 'tickets accepts a ticket that expires');
select ok((select ticket_id is not null and body = '{}' and not posted and claimed_at is null and issued_at >= now() from backup.tickets where function_name = 'f'), 'tickets takes a ticket as open and not posted');
select throws_ok($$ insert into backup.tickets (function_name, expires_at) values ('f', now() - interval '1 second') $$, '23514', null, 'tickets rejects a ticket that has expired before it was issued');
select throws_ok($$ insert into backup.tickets (function_name) values ('f') $$, '23502', null, 'tickets rejects a ticket without an end');
select throws_ok($$ insert into backup.tickets (expires_at) values (now() + interval '1 hour') $$, '23502', null, 'tickets rejects a ticket for nothing');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.tickets'::regclass), true, 'tickets has row level security');
select policies_are('backup', 'tickets', array['service_role_reads'], 'tickets has one policy');
select policy_roles_are('backup', 'tickets', 'service_role_reads', array['service_role'], 'tickets shows its rows to service_role');
select policy_cmd_is('backup', 'tickets', 'service_role_reads', 'select', 'tickets has a policy for reading');
select table_privs_are('backup', 'tickets', 'anon', array[]::text[], 'anon may not touch tickets');
select table_privs_are('backup', 'tickets', 'authenticated', array[]::text[], 'authenticated may not touch tickets');
select table_privs_are('backup', 'tickets', 'service_role', array[]::text[], 'service_role may not read tickets, which open functions');

select * from finish();
rollback;
