alter table fine_tuning_jobs drop column result_files;
drop index evaluations_claimed;
alter table evaluations drop column progress, drop column metrics;
