-- What a list shows of an evaluation without its whole report, how far one has come, and the files a job wrote.

alter table evaluations
  add column metrics jsonb,
  add column progress jsonb;
create index evaluations_claimed on evaluations (lease_until) where claim_id is not null;

alter table fine_tuning_jobs add column result_files jsonb not null default '[]';
