-- Tests sql/functions/claim_ticket.sql
begin;
select plan(15);

-- arrange
delete from backup.tickets;
insert into backup.tickets (ticket_id, function_name, body, issued_at, expires_at) values
  ('00000000-0000-0000-0000-00000000000a', 'export-backup', '{"action": "work"}', now(), now() + interval '5 minutes'),
  ('00000000-0000-0000-0000-00000000000b', 'export-backup', '{}', now() - interval '10 minutes', now() - interval '1 second'),
  ('00000000-0000-0000-0000-00000000000c', 'export-backup', '{}', now(), now() + interval '5 minutes');
create function pg_temp.refused(p_ticket uuid, p_function text) returns text language plpgsql as $$
declare
  v_message text;
  v_detail  text;
  v_hint    text;
begin
  perform backup.claim_ticket(p_ticket, p_function);
  return 'accepted';
exception when others then
  get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail, v_hint = pg_exception_hint;
  return concat_ws('|', sqlstate, v_message, v_detail, v_hint);
end $$;

-- contract
select function_returns('backup', 'claim_ticket', array['uuid', 'text'], 'jsonb', 'claim_ticket() returns jsonb');
select isnt(obj_description('backup.claim_ticket(uuid,text)'::regprocedure), null, 'claim_ticket() has a comment');

-- behaviour
select is(backup.claim_ticket('00000000-0000-0000-0000-00000000000a', 'export-backup'), '{"action": "work"}', 'claim_ticket() returns what the function is to do');
select is((select claimed_at >= now() from backup.tickets where ticket_id = '00000000-0000-0000-0000-00000000000a'), true, 'claim_ticket() uses the ticket up');
select throws_ok($$ select backup.claim_ticket('00000000-0000-0000-0000-00000000000a', 'export-backup') $$, 'HF101', 'ticket is not valid', 'claim_ticket() rejects a used ticket with HF101');
select throws_ok($$ select backup.claim_ticket('00000000-0000-0000-0000-00000000000b', 'export-backup') $$, 'HF101', 'ticket is not valid', 'claim_ticket() rejects an expired ticket with HF101');
select throws_ok($$ select backup.claim_ticket('00000000-0000-0000-0000-00000000000c', 'verify-backup') $$, 'HF101', 'ticket is not valid', 'claim_ticket() rejects a ticket of another function with HF101');
select throws_ok($$ select backup.claim_ticket('00000000-0000-0000-0000-00000000000d', 'export-backup') $$, 'HF101', 'ticket is not valid', 'claim_ticket() rejects an unknown ticket with HF101');
select throws_ok($$ select backup.claim_ticket(null, null) $$, 'HF101', 'ticket is not valid', 'claim_ticket() rejects no ticket with HF101');
select is((select count(distinct pg_temp.refused(t.id::uuid, t.name))::integer from (values
  ('00000000-0000-0000-0000-00000000000a', 'export-backup'), ('00000000-0000-0000-0000-00000000000b', 'export-backup'), ('00000000-0000-0000-0000-00000000000c', 'verify-backup'), ('00000000-0000-0000-0000-00000000000d', 'export-backup')) t(id, name)), 1,
  'claim_ticket() answers all of them alike, details included');
select is((select claimed_at from backup.tickets where ticket_id = '00000000-0000-0000-0000-00000000000c'), null, 'claim_ticket() does not use up a ticket it rejects');
select is(backup.claim_ticket('00000000-0000-0000-0000-00000000000c', 'export-backup'), '{}', 'claim_ticket() takes that ticket later from the right function');

-- permissions
select function_privs_are('backup', 'claim_ticket', array['uuid', 'text'], 'anon', array[]::text[], 'anon may not execute claim_ticket()');
select function_privs_are('backup', 'claim_ticket', array['uuid', 'text'], 'authenticated', array[]::text[], 'authenticated may not execute claim_ticket()');
select function_privs_are('backup', 'claim_ticket', array['uuid', 'text'], 'service_role', array[]::text[], 'service_role may not execute claim_ticket()');

select * from finish();
rollback;
