-- Tensors that versions hold which are models of their own: each is stored once for a tenant, however many versions have
-- it. Written before an import stores its first tensor; gone with the import's objects. `import_id` is that of a version
-- or of an announcement in `object_cleanups`.
create table tensor_refs (
  tenant_id uuid not null references tenants (id) on delete cascade,
  import_id uuid not null,
  sha256 text collate "C" not null check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint not null check (bytes >= 0),
  primary key (import_id, sha256)
);
create index tensor_refs_by_tensor on tensor_refs (tenant_id, sha256);

alter table tensor_refs enable row level security;
alter table tensor_refs force row level security;
create policy own on tensor_refs using (tenant_id = app_tenant());
create policy admin on tensor_refs using (app_is_admin());
grant select, insert, delete on tensor_refs to tessera_app;
