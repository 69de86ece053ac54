-- backup._duration_words(p_duration)
--
-- Why: 04:00:00 is a time of the day to most readers. The two largest units are as exact as a report needs to be.
create or replace function backup._duration_words(p_duration interval)
returns text
language sql
immutable
set search_path = ''
as $$
  with seconds as (
    select round(extract(epoch from p_duration))::bigint as s
  ), parts as (
    select u.position, u.unit, s.s / u.size % u.modulus as n
    from seconds s cross join (values (1, 'd', 86400, 1000000), (2, 'h', 3600, 24), (3, 'min', 60, 60), (4, 's', 1, 60)) as u(position, unit, size, modulus)
  ), first as (
    select min(p.position) as position from parts p where p.n > 0
  )
  select case when p_duration is null then null
              else coalesce((select string_agg(format('%s %s', p.n, p.unit), ' ' order by p.position)
                             from parts p cross join first f where p.n > 0 and p.position between f.position and f.position + 1), '0 s') end
$$;

comment on function backup._duration_words(interval) is 'An interval in its two largest units, as 3 h 20 min.';
revoke all on function backup._duration_words(interval) from public;
