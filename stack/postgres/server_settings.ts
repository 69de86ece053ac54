import type { PostgresServer } from "./find_server.ts";

/** As `postgres` on the hosted platform and in the Supabase CLI's local stack; the server listens on loopback only. */
export const LOCAL_PASSWORD = "postgres";
export const ADMIN_ROLE = "supabase_admin";
/** Holds the same schemas as a new project and no data: `create database … template` makes a project in no time. */
export const BARE_TEMPLATE = "holdfast_template";

/**
 * Settings of a hosted project where they change behaviour, and none that wait for a disk: these clusters are thrown
 * away. synchronous_commit stays on, so that a killed server still has every committed row, as a real one would.
 */
export function serverSettings(server: PostgresServer, socketDir: string): Record<string, string> {
  return {
    unix_socket_directories: socketDir,
    unix_socket_permissions: "0700",
    wal_level: "logical",
    max_wal_senders: "10",
    max_replication_slots: "5",
    max_slot_wal_keep_size: "4096MB",
    max_connections: "100",
    shared_buffers: "64MB",
    timezone: "UTC",
    log_timezone: "UTC",
    fsync: "off",
    full_page_writes: "off",
    shared_preload_libraries: server.hasPgCron ? "pg_stat_statements,pg_cron" : "pg_stat_statements",
    // pg_cron logs in as the owner of each job; the socket directory is closed to others and trusts who gets there.
    ...(server.hasPgCron ? { "cron.database_name": "postgres", "cron.host": socketDir } : {}),
  };
}

/** What `create database … template` does not copy: owner, rights and settings of the database itself. */
export function databaseSettingsSql(database: string): string {
  const name = `"${database.replaceAll('"', '""')}"`;
  return `
    alter database ${name} owner to postgres;
    grant all on database ${name} to postgres;
    alter database ${name} set search_path = "$user", public, extensions;
    alter database ${name} set statement_timeout = '2min';`;
}
