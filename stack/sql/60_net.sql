-- Stand-in for pg_net: the same tables and signatures, served by stack/net/. Rows become visible to the sender only
-- at commit, which is what makes "the request leaves after commit, and not at all after a rollback" true.
create schema net;

create unlogged table net.http_request_queue (
  id bigserial primary key,
  method text not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds integer not null
);

create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz not null default now()
);
create index _http_response_created_idx on net._http_response (created);

create function net._enqueue(
  p_method text, p_url text, p_params jsonb, p_headers jsonb, p_body bytea, p_timeout_milliseconds integer
) returns bigint
  language plpgsql set search_path = ''
  as $$
declare
  v_query text;
  v_id bigint;
begin
  select pg_catalog.string_agg(net._urlencode(p.key) || '=' || net._urlencode(p.value), '&')
  into v_query
  from pg_catalog.jsonb_each_text(p_params) as p;
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    p_method,
    p_url || coalesce(case when pg_catalog.strpos(p_url, '?') > 0 then '&' else '?' end || v_query, ''),
    p_headers, p_body, p_timeout_milliseconds
  )
  returning id into v_id;
  perform pg_catalog.pg_notify('holdfast_net', '');
  return v_id;
end
$$;

create function net._urlencode(p_text text) returns text
  language sql immutable set search_path = ''
  as $$
    select coalesce(pg_catalog.string_agg(
      case
        when b.octet between 48 and 57 or b.octet between 65 and 90 or b.octet between 97 and 122
          or b.octet in (45, 46, 95, 126) then pg_catalog.chr(b.octet)
        else '%' || pg_catalog.upper(pg_catalog.lpad(pg_catalog.to_hex(b.octet), 2, '0'))
      end, '' order by b.position), '')
    from (
      select i as position, pg_catalog.get_byte(pg_catalog.convert_to(p_text, 'UTF8'), i) as octet
      from pg_catalog.generate_series(0, pg_catalog.octet_length(pg_catalog.convert_to(p_text, 'UTF8')) - 1) as i
    ) as b
  $$;

create function net.http_post(
  url text,
  body jsonb default '{}'::jsonb,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb,
  timeout_milliseconds integer default 5000
) returns bigint
  language plpgsql set search_path = ''
  as $$
declare
  v_content_type text;
  v_headers jsonb := coalesce(headers, '{}'::jsonb);
begin
  select h.value into v_content_type
  from pg_catalog.jsonb_each_text(v_headers) as h
  where pg_catalog.lower(h.key) = 'content-type'
  limit 1;
  if v_content_type is null then
    v_headers := v_headers || '{"Content-Type": "application/json"}'::jsonb;
  elsif pg_catalog.lower(v_content_type) not like 'application/json%' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  return net._enqueue('POST', url, params, v_headers, pg_catalog.convert_to(body::text, 'UTF8'), timeout_milliseconds);
end
$$;

create function net.http_get(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds integer default 5000
) returns bigint
  language sql set search_path = ''
  as $$ select net._enqueue('GET', url, params, headers, null, timeout_milliseconds) $$;

create function net.http_delete(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds integer default 5000
) returns bigint
  language sql set search_path = ''
  as $$ select net._enqueue('DELETE', url, params, headers, null, timeout_milliseconds) $$;

grant usage on schema net to postgres, anon, authenticated, service_role;
grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;
