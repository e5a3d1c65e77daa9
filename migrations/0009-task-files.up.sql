-- A job of several tasks may read a file for each of them: its own row names that of the first.

create table fine_tuning_task_files (
  tenant_id uuid not null,
  job_id uuid not null,
  task text collate "C" not null,
  -- In the order of the request.
  position integer not null check (position >= 0),
  training_file uuid not null,
  validation_file uuid,
  dataset_id uuid references datasets (id) on delete set null,
  primary key (job_id, task),
  foreign key (tenant_id, job_id) references fine_tuning_jobs (tenant_id, id) on delete cascade
);
create index fine_tuning_task_files_by_training_file on fine_tuning_task_files (tenant_id, training_file);
create index fine_tuning_task_files_by_validation_file on fine_tuning_task_files (tenant_id, validation_file);

alter table fine_tuning_task_files enable row level security;
alter table fine_tuning_task_files force row level security;

create policy own on fine_tuning_task_files using (tenant_id = app_tenant());

grant select, insert, delete on fine_tuning_task_files to tessera_app;
grant update (dataset_id) on fine_tuning_task_files to tessera_app;
