create type backup.tier as enum ('daily', 'weekly', 'monthly');
comment on type backup.tier is 'Decides how long a run is kept and in which storage class.';
