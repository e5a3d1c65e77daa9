-- Adapters of tenants, their immutable versions, and the aliases that point at them.

create table adapters (
  id uuid primary key,
  tenant_id uuid not null references tenants (id),
  name text collate "C" not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$' and name <> 'base'),
  created_at timestamptz not null default now(),
  unique (tenant_id, name),
  unique (tenant_id, id)
);

-- The files lie in the object store under a prefix of their import's own, so that nothing but this row holds them.
create table adapter_versions (
  tenant_id uuid not null,
  adapter_id uuid not null,
  digest text collate "C" not null check (digest ~ '^sha256:[0-9a-f]{64}$'),
  import_id uuid not null unique,
  bytes bigint not null check (bytes >= 0),
  summary jsonb not null,
  files jsonb not null,
  created_at timestamptz not null default now(),
  primary key (adapter_id, digest),
  foreign key (tenant_id, adapter_id) references adapters (tenant_id, id)
);
create index adapter_versions_by_digest on adapter_versions (tenant_id, digest);

create table adapter_aliases (
  tenant_id uuid not null,
  adapter_id uuid not null,
  name text collate "C" not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  digest text collate "C" not null,
  moved_at timestamptz not null default now(),
  primary key (adapter_id, name),
  foreign key (tenant_id, adapter_id) references adapters (tenant_id, id),
  foreign key (adapter_id, digest) references adapter_versions (adapter_id, digest)
);
create index adapter_aliases_by_version on adapter_aliases (adapter_id, digest);

-- Objects of an import that are to be removed once `due_at` has passed: written before an import stores its first object
-- and taken back in the transaction that makes its version; written again in the one that deletes the version.
create table object_cleanups (
  import_id uuid primary key,
  tenant_id uuid not null,
  digest text collate "C" not null,
  due_at timestamptz not null
);
create index object_cleanups_by_due on object_cleanups (due_at);

create trigger versions_are_immutable before update on adapter_versions for each row execute function refuse_change();

alter table adapters enable row level security;
alter table adapters force row level security;
alter table adapter_versions enable row level security;
alter table adapter_versions force row level security;
alter table adapter_aliases enable row level security;
alter table adapter_aliases force row level security;
alter table object_cleanups enable row level security;
alter table object_cleanups force row level security;

create policy own on adapters using (tenant_id = app_tenant());
create policy admin on adapters for select using (app_is_admin());
create policy own on adapter_versions using (tenant_id = app_tenant());
create policy admin on adapter_versions for select using (app_is_admin());
create policy own on adapter_aliases using (tenant_id = app_tenant());
create policy admin on adapter_aliases for select using (app_is_admin());
create policy own on object_cleanups using (tenant_id = app_tenant());
create policy admin on object_cleanups using (app_is_admin());

grant select, insert, delete on adapters, adapter_versions to tessera_app;
grant select, insert, update, delete on adapter_aliases, object_cleanups to tessera_app;
