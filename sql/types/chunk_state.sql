create type backup.chunk_state as enum ('pending', 'claimed', 'done', 'replaced');
comment on type backup.chunk_state is
  'pending: may be claimed from not_before on. claimed: a worker holds it until lease_until. done: its object is stored. replaced: split or planned again; other chunks cover its rows.';
