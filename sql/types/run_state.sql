create type backup.run_state as enum ('starting', 'exporting', 'complete', 'failed', 'expired');
comment on type backup.run_state is
  'starting: waiting for the keeper''s snapshot. exporting: chunks are being worked on. complete: the manifest is in the bucket. failed: see failure_code. expired: was complete; retention deletes or has deleted its objects.';
