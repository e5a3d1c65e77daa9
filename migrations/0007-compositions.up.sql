-- Grants: another tenant may use an adapter as a part of its compositions. And which versions each composition is made of.

-- The names are those of the tenant and the adapter, which never change: a grantee sees neither of those rows.
create table grants (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  tenant_name text collate "C" not null,
  adapter_id uuid not null,
  adapter_name text collate "C" not null,
  -- Null: every version.
  digest text collate "C",
  grantee_id uuid not null references tenants (id) on delete cascade,
  created_at timestamptz not null default now(),
  check (grantee_id <> tenant_id),
  unique nulls not distinct (adapter_id, digest, grantee_id),
  foreign key (tenant_id, adapter_id) references adapters (tenant_id, id) on delete cascade,
  foreign key (adapter_id, digest) references adapter_versions (adapter_id, digest) on delete cascade
);
create index grants_by_owner on grants (tenant_id, created_at, id);
create index grants_by_grantee on grants (grantee_id, tenant_name, adapter_name);

create trigger grants_are_immutable before update on grants for each row execute function refuse_change();

-- A member of another tenant may be deleted once it is granted no more, and the composition then answers no more; one of
-- the same tenant may not, for as long as the composition is there.
create table composition_members (
  tenant_id uuid not null,
  composition_id uuid not null,
  composition_digest text collate "C" not null,
  owner_id uuid not null,
  adapter_id uuid not null,
  digest text collate "C" not null,
  own_adapter_id uuid generated always as (case when owner_id = tenant_id then adapter_id end) stored,
  primary key (composition_id, composition_digest, adapter_id, digest),
  foreign key (tenant_id, composition_id) references adapters (tenant_id, id),
  foreign key (composition_id, composition_digest) references adapter_versions (adapter_id, digest) on delete cascade,
  foreign key (own_adapter_id, digest) references adapter_versions (adapter_id, digest)
);
create index composition_members_by_member on composition_members (adapter_id, digest);

alter table grants enable row level security;
alter table grants force row level security;
alter table composition_members enable row level security;
alter table composition_members force row level security;

create policy own on grants using (tenant_id = app_tenant());
create policy granted on grants for select using (grantee_id = app_tenant());
create policy admin on grants using (app_is_admin());
create policy own on composition_members using (tenant_id = app_tenant());
-- The owner of a member sees that it is in use before it deletes it.
create policy used on composition_members for select using (owner_id = app_tenant());
create policy admin on composition_members for select using (app_is_admin());

grant select, insert, delete on grants, composition_members to tessera_app;
