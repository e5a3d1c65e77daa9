drop table evaluations, version_lineage, fine_tuning_checkpoints, fine_tuning_events, fine_tuning_jobs, datasets, files;
delete from object_cleanups where prefix is not null;
alter table object_cleanups drop column prefix, alter column digest set not null;
alter table quotas drop column file_bytes, drop column training_jobs, drop column queued_jobs;
