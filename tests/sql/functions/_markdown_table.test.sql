-- Tests sql/functions/_markdown_table.sql
begin;
select plan(5);

select is(backup._markdown_table('{A,B}', '[["1", "2"], ["3", null]]'), E'| A | B |\n| --- | --- |\n| 1 | 2 |\n| 3 |  |', '_markdown_table() writes a row per row, and nothing for null');
select is(backup._markdown_table('{A}', '[["a|b\\c <i>\nd"]]'), E'| A |\n| --- |\n| a\\|b\\\\c &lt;i&gt; d |', '_markdown_table() lets no cell break it');
select is(backup._markdown_table('{A}', '[]'), null, '_markdown_table() is null without rows');

-- permissions
select function_privs_are('backup', '_markdown_table', array['text[]', 'jsonb']::text[], 'anon', '{}'::text[], '_markdown_table() is closed to anon');
select function_privs_are('backup', '_markdown_table', array['text[]', 'jsonb']::text[], 'authenticated', '{}'::text[], '_markdown_table() is closed to authenticated');

select * from finish();
rollback;
