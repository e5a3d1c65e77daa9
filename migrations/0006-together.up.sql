-- What jobs must have in common to train in one batch. Jobs that are queued already have none, and train alone.

alter table fine_tuning_jobs add column together_key text collate "C" check (together_key ~ '^[0-9a-f]{64}$');
