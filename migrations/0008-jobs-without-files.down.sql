-- What has no data stays behind: its jobs, and what is said of its versions' origin.
alter table fine_tuning_jobs disable row level security;
alter table version_lineage disable row level security;
delete from fine_tuning_jobs where training_file is null;
delete from version_lineage where dataset_digest is null;
alter table fine_tuning_jobs enable row level security;
alter table version_lineage enable row level security;
alter table fine_tuning_jobs alter column training_file set not null;
alter table version_lineage alter column dataset_digest set not null;
