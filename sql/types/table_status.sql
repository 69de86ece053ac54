create type backup.table_status as enum ('pending', 'exported', 'excluded');
comment on type backup.table_status is 'Every table of a run ends as exported or as excluded with a reason; nothing is left out in silence.';
