-- The four answers of a check, a verification or a drill. Three of them are not "passed".
create type backup.verdict as enum ('passed', 'failed', 'inconclusive', 'skipped');
comment on type backup.verdict is
  'Answer of a check. "inconclusive" means it could not look and never counts as passed; "skipped" means it does not apply here.';
