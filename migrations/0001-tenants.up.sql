-- Tenants, their keys and quotas, and the audit. Every tenant table: row-level security, enabled and forced, so that it
-- binds the owner too. A transaction sees the rows of `app.tenant_id`, or, where it says so, of everyone (`app.scope`).

create function app_tenant() returns uuid language sql stable
  return nullif(current_setting('app.tenant_id', true), '')::uuid;

create function app_is_admin() returns boolean language sql stable
  return coalesce(current_setting('app.scope', true), '') = 'admin';

-- Hash of the key that a caller showed; lets a transaction see that one key before it knows the tenant.
create function app_key_hash() returns bytea language sql stable
  return decode(nullif(current_setting('app.key_hash', true), ''), 'hex');

create table tenants (
  id uuid primary key,
  name text collate "C" not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  is_suspended boolean not null default false,
  created_at timestamptz not null default now()
);

create table api_keys (
  id uuid primary key,
  tenant_id uuid references tenants (id) on delete cascade,
  role text not null check (role in ('admin', 'tenant:admin', 'tenant:user', 'tenant:read')),
  label text not null,
  hash bytea not null unique check (length(hash) = 32),
  hint text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  check ((role = 'admin') = (tenant_id is null))
);
create index api_keys_by_tenant on api_keys (tenant_id);

-- Null: unlimited.
create table quotas (
  tenant_id uuid primary key references tenants (id) on delete cascade,
  requests_per_second double precision check (requests_per_second > 0),
  tokens_per_second double precision check (tokens_per_second > 0),
  concurrent_requests integer check (concurrent_requests > 0),
  adapter_bytes bigint check (adapter_bytes >= 0),
  adapter_count integer check (adapter_count >= 0)
);

-- Rows outlive what they tell of: no foreign keys.
create table audit (
  id bigint generated always as identity primary key,
  tenant_id uuid,
  key_id uuid,
  request_id text,
  action text not null,
  target text not null,
  details jsonb not null default '{}',
  at timestamptz not null default now()
);
create index audit_by_tenant on audit (tenant_id, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%: rows are never changed', tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger audit_is_append_only before update or delete on audit for each row execute function refuse_change();
create trigger audit_is_kept before truncate on audit for each statement execute function refuse_change();

alter table tenants enable row level security;
alter table tenants force row level security;
alter table api_keys enable row level security;
alter table api_keys force row level security;
alter table quotas enable row level security;
alter table quotas force row level security;
alter table audit enable row level security;
alter table audit force row level security;

create policy own on tenants for select using (id = app_tenant());
create policy admin on tenants using (app_is_admin());
create policy own on api_keys using (tenant_id = app_tenant());
create policy shown on api_keys for select using (hash = app_key_hash());
create policy admin on api_keys using (app_is_admin());
create policy own on quotas for select using (tenant_id = app_tenant());
create policy admin on quotas using (app_is_admin());
create policy own on audit for select using (tenant_id = app_tenant());
create policy append on audit for insert with check (tenant_id = app_tenant());
create policy admin on audit using (app_is_admin());

grant select, insert, update, delete on tenants, api_keys, quotas to tessera_app;
grant select, insert on audit to tessera_app;
