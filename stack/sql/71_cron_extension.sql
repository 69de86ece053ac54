-- The real pg_cron. Its launcher serves one database only, the one named by cron.database_name.
create extension if not exists pg_cron with schema pg_catalog;
