import { expect, it } from "vitest";
import { databaseSettingsSql, serverSettings } from "../../../stack/postgres/server_settings.ts";

const server = { flavor: "system", binDir: "/bin", version: "15.1", hasPgCron: true } as const;

it("serverSettings() loads pg_cron only where it exists", () => {
  expect(serverSettings(server, "/s")).toMatchObject({ wal_level: "logical", shared_preload_libraries: "pg_stat_statements,pg_cron", "cron.host": "/s" });
  const without = serverSettings({ ...server, hasPgCron: false }, "/s");
  expect(without["shared_preload_libraries"]).toBe("pg_stat_statements");
  expect(Object.keys(without).filter((name) => name.startsWith("cron."))).toEqual([]);
});

it("databaseSettingsSql() quotes the name of the database", () => {
  expect(databaseSettingsSql('a"b')).toContain('alter database "a""b" owner to postgres');
});
