-- Jobs of several files stay behind: they could not be read without them.
alter table fine_tuning_jobs disable row level security;
alter table fine_tuning_task_files disable row level security;
delete from fine_tuning_jobs where id in (select job_id from fine_tuning_task_files);
alter table fine_tuning_jobs enable row level security;
drop table fine_tuning_task_files;
