alter table fine_tuning_jobs drop column together_key;
