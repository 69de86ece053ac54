-- backup._markdown_table(p_header, p_rows)
--
-- Why: a table or a policy may be called a|b, and what a server answered may hold anything: no cell may break the table.
create or replace function backup._markdown_table(p_header text[], p_rows jsonb)
returns text
language sql
immutable
set search_path = ''
as $$
  select concat_ws(E'\n',
    '| ' || array_to_string(p_header, ' | ') || ' |',
    '|' || repeat(' --- |', cardinality(p_header)),
    string_agg(r.line, E'\n' order by r.position))
  from (
    select l.position, '| ' || string_agg(btrim(regexp_replace(
             replace(replace(replace(replace(coalesce(c.value, ''), '\', '\\'), '|', '\|'), '<', '&lt;'), '>', '&gt;'), '\s+', ' ', 'g')), ' | ' order by c.position) || ' |' as line
    from jsonb_array_elements(p_rows) with ordinality as l (value, position)
    cross join lateral jsonb_array_elements_text(l.value) with ordinality as c (value, position)
    group by l.position
  ) as r
  having count(*) > 0
$$;

comment on function backup._markdown_table(text[], jsonb) is 'Rows, an array of arrays, as a Markdown table; null without rows.';
revoke all on function backup._markdown_table(text[], jsonb) from public;
