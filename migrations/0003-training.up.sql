-- Files of tenants, data sets prepared from them, fine-tuning jobs with their events and checkpoints, the lineage of the
-- versions that jobs make, and evaluations. Objects lie in the store under prefixes of their row's own.

alter table quotas
  add column file_bytes bigint check (file_bytes >= 0),
  add column training_jobs integer check (training_jobs >= 0),
  add column queued_jobs integer check (queued_jobs >= 0);

-- Objects of an import are named by its digest, those of files, data sets and checkpoints by their prefix.
alter table object_cleanups
  add column prefix text collate "C",
  alter column digest drop not null,
  add check ((digest is null) = (prefix is not null));

create table files (
  id uuid primary key,
  tenant_id uuid not null references tenants (id),
  filename text not null,
  purpose text not null check (purpose in ('fine-tune', 'fine-tune-results', 'evals')),
  bytes bigint not null check (bytes >= 0),
  sha256 text collate "C" not null check (sha256 ~ '^[0-9a-f]{64}$'),
  created_at timestamptz not null default now(),
  unique (tenant_id, id)
);
create index files_by_time on files (tenant_id, created_at, id);

-- What one file (and one for validation) became under one recipe: split once, and never again.
create table datasets (
  id uuid primary key,
  tenant_id uuid not null,
  file_id uuid not null,
  validation_file_id uuid,
  -- Of the files' content and the options: the same recipe finds the same split.
  recipe text collate "C" not null check (recipe ~ '^[0-9a-f]{64}$'),
  -- Of the prepared parts.
  digest text collate "C" not null check (digest ~ '^sha256:[0-9a-f]{64}$'),
  parts jsonb not null,
  card jsonb not null,
  created_at timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, file_id, recipe),
  foreign key (tenant_id, file_id) references files (tenant_id, id) on delete cascade
);
create index datasets_by_validation_file on datasets (tenant_id, validation_file_id);

create table fine_tuning_jobs (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  status text not null
    check (status in ('validating_files', 'queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled')),
  request jsonb not null,
  metadata jsonb not null default '{}',
  training_file uuid not null,
  validation_file uuid,
  -- The version that training goes on from; null: the base.
  parent_model text collate "C",
  adapter_name text collate "C" not null,
  dataset_id uuid references datasets (id) on delete set null,
  fine_tuned_model text collate "C",
  trained_tokens bigint,
  metrics jsonb,
  progress jsonb,
  error jsonb,
  event_count integer not null default 0,
  -- Who works on it, and until when that is believed without another sign of life.
  claim_id uuid,
  lease_until timestamptz,
  claimed_at timestamptz,
  -- Runs that died since the last checkpoint.
  failures integer not null default 0,
  created_at timestamptz not null default now(),
  queued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  unique (tenant_id, id),
  check ((claim_id is null) = (lease_until is null))
);
create index fine_tuning_jobs_by_time on fine_tuning_jobs (tenant_id, created_at, id);
create index fine_tuning_jobs_open on fine_tuning_jobs (created_at)
  where status in ('validating_files', 'queued', 'running');
create index fine_tuning_jobs_claimed on fine_tuning_jobs (lease_until) where claim_id is not null;
create index fine_tuning_jobs_turns on fine_tuning_jobs (tenant_id, claimed_at) where claimed_at is not null;
create index fine_tuning_jobs_by_metadata on fine_tuning_jobs using gin (metadata jsonb_path_ops);

create table fine_tuning_events (
  tenant_id uuid not null,
  job_id uuid not null,
  number integer not null,
  level text not null check (level in ('info', 'warn', 'error')),
  type text not null check (type in ('message', 'metrics')),
  message text not null,
  data jsonb,
  created_at timestamptz not null default now(),
  primary key (job_id, number),
  foreign key (tenant_id, job_id) references fine_tuning_jobs (tenant_id, id) on delete cascade
);

create table fine_tuning_checkpoints (
  id uuid primary key,
  tenant_id uuid not null,
  job_id uuid not null,
  step integer not null check (step >= 0),
  metrics jsonb not null,
  bytes bigint not null check (bytes >= 0),
  -- Null once its objects are gone: a newer one took its place, or the job has ended.
  files jsonb,
  created_at timestamptz not null default now(),
  unique (job_id, step),
  foreign key (tenant_id, job_id) references fine_tuning_jobs (tenant_id, id) on delete cascade
);

-- What a version was made from. It outlives the job, the files and the parent: no foreign keys to them.
create table version_lineage (
  tenant_id uuid not null,
  adapter_id uuid not null,
  digest text collate "C" not null,
  job_id uuid not null,
  base_digest text collate "C" not null,
  dataset_digest text collate "C" not null,
  split jsonb not null,
  seed bigint not null,
  hyperparameters jsonb not null,
  code_version text not null,
  metrics jsonb not null,
  parent_model text collate "C",
  created_at timestamptz not null default now(),
  primary key (adapter_id, digest),
  foreign key (adapter_id, digest) references adapter_versions (adapter_id, digest) on delete cascade
);

create table evaluations (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  status text not null check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  model text collate "C" not null,
  version text collate "C" not null,
  file_id uuid not null,
  request jsonb not null,
  metadata jsonb not null default '{}',
  report jsonb,
  error jsonb,
  claim_id uuid,
  lease_until timestamptz,
  failures integer not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  check ((claim_id is null) = (lease_until is null))
);
create index evaluations_by_time on evaluations (tenant_id, created_at, id);
create index evaluations_open on evaluations (created_at) where status in ('queued', 'running');

create trigger files_are_immutable before update on files for each row execute function refuse_change();
create trigger datasets_are_immutable before update on datasets for each row execute function refuse_change();
create trigger events_are_immutable before update on fine_tuning_events for each row execute function refuse_change();
create trigger lineage_is_immutable before update on version_lineage for each row execute function refuse_change();

alter table files enable row level security;
alter table files force row level security;
alter table datasets enable row level security;
alter table datasets force row level security;
alter table fine_tuning_jobs enable row level security;
alter table fine_tuning_jobs force row level security;
alter table fine_tuning_events enable row level security;
alter table fine_tuning_events force row level security;
alter table fine_tuning_checkpoints enable row level security;
alter table fine_tuning_checkpoints force row level security;
alter table version_lineage enable row level security;
alter table version_lineage force row level security;
alter table evaluations enable row level security;
alter table evaluations force row level security;

create policy own on files using (tenant_id = app_tenant());
create policy admin on files for select using (app_is_admin());
create policy own on datasets using (tenant_id = app_tenant());
create policy admin on datasets for select using (app_is_admin());
create policy own on fine_tuning_jobs using (tenant_id = app_tenant());
-- The service finds what is to be done, of whatever tenant, and takes it.
create policy admin on fine_tuning_jobs using (app_is_admin());
create policy own on fine_tuning_events using (tenant_id = app_tenant());
create policy own on fine_tuning_checkpoints using (tenant_id = app_tenant());
create policy admin on fine_tuning_checkpoints for select using (app_is_admin());
create policy own on version_lineage using (tenant_id = app_tenant());
create policy own on evaluations using (tenant_id = app_tenant());
create policy admin on evaluations using (app_is_admin());

grant select, insert, delete on files, datasets, version_lineage, fine_tuning_events to tessera_app;
grant select, insert, update, delete on fine_tuning_jobs, fine_tuning_checkpoints, evaluations to tessera_app;
-- To lock a row takes the right to update it; the trigger still refuses every update.
grant update (id) on files to tessera_app;
