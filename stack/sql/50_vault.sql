-- Stand-in for supabase_vault with its rights: reading and deleting rows is allowed, writing goes through the two
-- functions. The root key is a file of the cluster's data directory, so a copy of the ciphertext taken to another
-- cluster cannot be decrypted, exactly as on the hosted platform.
create schema vault;

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default extensions.gen_random_bytes(16),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;
comment on table vault.secrets is 'Table with encrypted `secret` column for storing sensitive information on disk.';

create function vault._root_key() returns text
  language sql stable security definer set search_path = ''
  as $$ select pg_catalog.pg_read_file('holdfast_vault_root.key') $$;

create function vault._encrypt(p_secret text, p_nonce bytea) returns text
  language sql volatile security definer set search_path = ''
  as $$
    select pg_catalog.encode(
      extensions.pgp_sym_encrypt(p_secret, vault._root_key() || pg_catalog.encode(p_nonce, 'hex')), 'base64')
  $$;

create function vault._decrypt(p_secret text, p_nonce bytea) returns text
  language sql stable security definer set search_path = ''
  as $$
    select extensions.pgp_sym_decrypt(
      pg_catalog.decode(p_secret, 'base64'), vault._root_key() || pg_catalog.encode(p_nonce, 'hex'))
  $$;

create view vault.decrypted_secrets as
  select s.id, s.name, s.description, s.secret, vault._decrypt(s.secret, s.nonce) as decrypted_secret,
    s.key_id, s.nonce, s.created_at, s.updated_at
  from vault.secrets as s;

create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid
  language plpgsql security definer set search_path = ''
  as $$
declare
  v_nonce bytea := extensions.gen_random_bytes(16);
  v_id uuid;
begin
  insert into vault.secrets (name, description, secret, nonce, key_id)
  values (new_name, new_description, vault._encrypt(new_secret, v_nonce), v_nonce, new_key_id)
  returning id into v_id;
  return v_id;
end
$$;

create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null,
  new_description text default null, new_key_id uuid default null
) returns void
  language plpgsql security definer set search_path = ''
  as $$
begin
  update vault.secrets as s
  set secret = case when new_secret is null then s.secret else vault._encrypt(new_secret, s.nonce) end,
    name = coalesce(new_name, s.name),
    description = coalesce(new_description, s.description),
    key_id = coalesce(new_key_id, s.key_id),
    updated_at = current_timestamp
  where s.id = secret_id;
end
$$;

revoke all on all functions in schema vault from public;
grant usage on schema vault to postgres with grant option;
grant usage on schema vault to service_role;
grant select, delete on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant execute on function vault.create_secret(text, text, text, uuid),
  vault.update_secret(uuid, text, text, text, uuid), vault._decrypt(text, bytea) to postgres with grant option;
grant execute on function vault.create_secret(text, text, text, uuid),
  vault.update_secret(uuid, text, text, text, uuid), vault._decrypt(text, bytea) to service_role;
