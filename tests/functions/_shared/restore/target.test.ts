import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDatabaseIdentity } from "../../../../functions/_shared/database/database_identity.ts";
import { checkTarget, inspectTarget } from "../../../../functions/_shared/restore/target.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";
import { createRestorePair, type RestorePair } from "../../../support/restore_pair.ts";

let pair: RestorePair;
beforeAll(async () => void (pair = await createRestorePair()));
afterAll(() => pair.close());

const check = async (options: { intoExisting?: string; resuming?: boolean } = {}, server: object = {}) => {
  const base = manifestOf();
  const backup = memoryBackup(memoryStorage(), { ...base, server: { ...base.server, version_num: 150_000, ...server } });
  await checkTarget(pair.target, backup, await pair.inspect(), { intoExisting: options.intoExisting ?? null, resuming: options.resuming ?? false });
};

describe("inspectTarget()", () => {
  it("inspectTarget() sees a new project: auth and storage of others, no tables of users, roles it may act as", async () => {
    const info = await pair.inspect();
    expect(info).toMatchObject({ role: "postgres", isSuperuser: false, mayCreate: true, mayReplicate: true, userTables: [], hasPgCron: true, hasHoldfast: false, hasRestoreState: false });
    expect(info.platformSchemas).toEqual(expect.arrayContaining(["auth", "storage"]));
    expect(info.platformSchemas).not.toContain("public");
    expect([info.roles.get("anon"), info.roles.get("supabase_auth_admin"), info.roles.get("nobody")]).toEqual([{ isMember: true }, { isMember: false }, undefined]);
  });

  it("inspectTarget() takes auth and storage for the platform's also where a superuser looks", async () => {
    const info = await inspectTarget(pair.admin);
    expect(info).toMatchObject({ isSuperuser: true, platformSchemas: expect.arrayContaining(["auth", "storage"]) });
    // On the hosted platform the schemas are the superuser's, and the tables in them those of auth and storage.
    await pair.admin.query("alter schema auth owner to supabase_admin");
    expect((await inspectTarget(pair.admin)).platformSchemas).toContain("auth");
    await pair.admin.query("alter schema auth owner to supabase_auth_admin");
  });

  it("inspectTarget() tries the extensions asked for and leaves none behind", async () => {
    const info = await inspectTarget(pair.target, ["citext", "file_fdw", "no_such_extension"]);
    expect([...info.creatableExtensions]).toEqual(["citext"]);
    expect((await pair.target.query("select from pg_extension where extname in ('citext', 'file_fdw')")).rowCount).toBe(0);
  });

  it("inspectTarget() sees schemas that the role may not use", async () => {
    await pair.target.query("create schema backup create table settings () create table runs (run_id text); create schema holdfast_restore create table restore (); set role anon");
    const info = await pair.inspect();
    await expect(check()).rejects.toMatchObject({ code: "HF502" });
    // What is not known to be another database may be the source itself.
    const backup = memoryBackup(memoryStorage(), manifestOf());
    await expect(checkTarget(pair.target, backup, { ...info, hasRestoreState: false }, { intoExisting: null, resuming: false })).rejects.toMatchObject({ code: "HF502", message: expect.stringContaining("Cannot tell") });
    await pair.target.query("reset role; drop schema backup, holdfast_restore cascade");
    expect(info).toMatchObject({ role: "anon", hasPgCron: true, hasHoldfast: true, hasRestoreState: true, mayCreate: false });
  });

  it("inspectTarget() notices that session_replication_role may not be set", async () => {
    await pair.admin.query("revoke set on parameter session_replication_role from postgres");
    try {
      expect((await pair.inspect()).mayReplicate).toBe(false);
    } finally {
      await pair.admin.query("grant set on parameter session_replication_role to postgres");
    }
  });
});

describe("checkTarget()", () => {
  it("checkTarget() accepts an empty project", () => check());

  it("checkTarget() refuses the source itself, also when it is named, and takes an empty server made from the same image for another one", async () => {
    const { system_identifier, database_oid } = await readDatabaseIdentity(pair.target);
    const { database } = await pair.inspect();
    await check({}, { system_identifier, database_oid });
    await pair.target.query("create schema shop; create table shop.orders ()");
    try {
      await expect(check({ intoExisting: database }, { system_identifier, database_oid })).rejects.toMatchObject({ code: "HF502", message: expect.stringContaining("was backed up") });
      await check({ resuming: true }, { system_identifier, database_oid });
      await check({ intoExisting: database }, { system_identifier, database_oid: database_oid + 1 });
      await check({ intoExisting: database }, { system_identifier: "1", database_oid });
    } finally {
      await pair.target.query("drop schema shop cascade");
    }
  });

  it("checkTarget() refuses an older server, another encoding and a role without rights", async () => {
    await expect(check({}, { version_num: 990_000 })).rejects.toMatchObject({ code: "HF502", message: expect.stringContaining("older") });
    await expect(check({}, { settings: { server_encoding: "LATIN1" } })).rejects.toMatchObject({ code: "HF502", message: expect.stringContaining("encoding") });
    const info = { ...await pair.inspect(), mayCreate: false };
    await expect(checkTarget(pair.target, memoryBackup(memoryStorage(), manifestOf()), info, { intoExisting: null, resuming: false })).rejects.toMatchObject({ code: "HF502" });
  });

  it("checkTarget() refuses tables of users unless their database is named or the restore goes on", async () => {
    await pair.target.query("create schema shop; create table shop.orders ()");
    try {
      const { database } = await pair.inspect();
      await expect(check()).rejects.toMatchObject({ code: "HF502", detail: expect.stringContaining("shop.orders"), hint: expect.stringContaining(`holdfast restore fills this one with --into-existing ${database}; a drill never does`) });
      await expect(check({ intoExisting: "another" })).rejects.toMatchObject({ code: "HF502" });
      await check({ intoExisting: database });
      await check({ resuming: true });
    } finally {
      await pair.target.query("drop schema shop cascade");
    }
  });

  it("checkTarget() refuses a database whose ledger has the run, which is the source or its copy", async () => {
    await pair.target.query("create schema backup; create table backup.settings (); create table backup.runs (run_id text); insert into backup.runs values ('20261123T205500Z-a1b2c3')");
    await expect(check()).rejects.toMatchObject({ code: "HF502", message: expect.stringContaining("was backed up") });
    await pair.target.query("drop schema backup cascade");
  });
});
