-- A merge makes a version of other versions: its job reads no rows.

alter table fine_tuning_jobs alter column training_file drop not null;
alter table version_lineage alter column dataset_digest drop not null;
