import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connection } from "../../../cli/doctor/database/connection.ts";
import { tls } from "../../../cli/doctor/database/tls.ts";
import { serverVersion } from "../../../cli/doctor/database/server_version.ts";
import { DoctorSession } from "../../../cli/doctor/doctor_session.ts";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import { systemClock } from "../../../functions/_shared/s3/retry.ts";
import { createTestDatabase } from "../../support/database.ts";
import { createDoctorWorld, type DoctorWorld, MARK, theFailure, troubles } from "../../support/doctor_world.ts";
import { TLS_CERTIFICATE, tlsProxy } from "../../support/tls_proxy.ts";

let world: DoctorWorld;
const ROLE = `doctor_${process.pid}`;
const as = (user: string, url = world.database.url) => url.replace(/\/\/[^@]*@/, `//${user}@`);
const asRole = () => as(`${ROLE}:${MARK}`);
beforeAll(async () => {
  world = await createDoctorWorld();
  await world.admin(`create role ${ROLE} login createdb bypassrls password '${MARK}' in role postgres`);
});
afterAll(async () => {
  await world.admin(`drop owned by ${ROLE}; drop role ${ROLE}`);
  await world.stop();
});

const look = (url: string, machine: Record<string, string> = {}) => world.doctor({ area: "database", url, machine });

describe("runDoctor() on a connection", () => {
  it("runDoctor() says that no database URL is given, or that it is none", async () => {
    const none = () => {
      throw new HoldfastError("HF102", "The database URL is not set", { hint: "Give --database-url." });
    };
    expect(theFailure(await world.doctor({ area: "database", databaseUrl: none }))).toMatchObject({ name: "database/connection", seen: "The database URL is not set (HF102)", fix: expect.stringContaining("export HOLDFAST_DB_URL=") });
    expect(theFailure(await look(`mysql://root:${MARK}@127.0.0.1/x`)).seen).toContain("HF102");
    expect(theFailure(await look(world.database.url, { HOLDFAST_DB_CA: MARK }))).toMatchObject({ name: "database/connection", fix: expect.stringMatching(/^export HOLDFAST_DB_CA=…/) });
  });

  it.each([
    ["a wrong password", () => as(`postgres:${MARK}`), "the login is refused", "export HOLDFAST_DB_URL=postgresql://USER:…@HOST:PORT/postgres"],
    ["a database that does not exist", () => world.database.url.replace(world.database.name, "no_such_database"), "there is no such database", "export HOLDFAST_DB_URL=postgresql://…/postgres"],
    ["a port nobody listens on", () => `postgresql://postgres:${MARK}@127.0.0.1:1/postgres`, "nothing answers", "export HOLDFAST_DB_URL="],
    ["a server that refuses TLS", () => `${world.database.url}?sslmode=require`, "TLS is refused by the server", "sslmode=disable"],
  ])("runDoctor() tells %s from the rest, and what it could not look at", async (_, url, seen, fix) => {
    const report = await look(url());
    expect(theFailure(report)).toMatchObject({ name: "database/connection", seen: expect.stringContaining(seen), fix: expect.stringContaining(fix) });
    expect(troubles(report)).toEqual(["failed database/connection"]);
    expect(report.results.filter(({ blockedBy }) => blockedBy === "database/connection").map(({ verdict }) => verdict)).toEqual(Array(14).fill("inconclusive"));
    expect(JSON.stringify(report)).not.toContain(MARK);
  });

  it("runDoctor() says whether the certificate is verified, and by what", async () => {
    const proxy = await tlsProxy(world.database.url);
    try {
      expect(theFailure(await look(`${proxy.url}?sslmode=verify-full`))).toMatchObject({ name: "database/connection", seen: expect.stringContaining("certificate is not trusted"), fix: expect.stringContaining('export HOLDFAST_DB_CA="$(cat prod-ca.crt)"') });
      const unverified = await look(`${proxy.url}?sslmode=require`);
      expect(troubles(unverified)).toEqual(["inconclusive database/tls"]);
      expect(unverified.results.find(({ name }) => name === "database/tls")).toMatchObject({ seen: expect.stringContaining("could be anybody's server"), fix: expect.stringContaining("HOLDFAST_DB_CA") });
      const verified = await look(`${proxy.url}?sslmode=require`, { HOLDFAST_DB_CA: TLS_CERTIFICATE });
      expect(troubles(verified)).toEqual([]);
      expect(verified.results.find(({ name }) => name === "database/tls")).toMatchObject({ verdict: "passed", seen: expect.stringContaining("is verified") });
    } finally {
      proxy.close();
    }
  });

  it("tls.look() fails a password in the clear, and doubts a trust that the connection does not insist on", async () => {
    const over = async (url: string, stream: unknown) => {
      const session = new DoctorSession({ env: {}, databaseUrl: () => url });
      Object.assign(session, { database: { connection: { stream } } });
      return await tls.look(session, []);
    };
    expect(await over("postgresql://x@db.example.com/x?sslmode=disable", new Socket())).toMatchObject({ verdict: "failed", seen: expect.stringContaining("unencrypted"), fix: expect.stringContaining("without sslmode=disable") });
    const trusted = Object.assign(Object.create(TLSSocket.prototype), { authorized: true, getProtocol: () => "TLSv1.3" });
    expect(await over("postgresql://x@db.example.com/x", trusted)).toMatchObject({ verdict: "inconclusive", seen: expect.stringMatching(/^TLSv1.3; this machine trusts/), fix: expect.stringContaining("sslmode=verify-full") });
    expect(await over("postgresql://x@db.example.com/x?sslmode=verify-full", trusted)).toMatchObject({ verdict: "passed" });
  });

  it("connection.look() refuses the transaction pooler before it connects", async () => {
    const session = new DoctorSession({ env: {}, databaseUrl: () => "postgresql://postgres.abcdefghijklmnopqrst:x@aws-0-eu-central-1.pooler.supabase.com:6543/postgres" });
    expect(await connection.look(session, [])).toMatchObject({ verdict: "failed", seen: expect.stringContaining("transaction pooler"), fix: expect.stringContaining("port 5432") });
  });

  it("serverVersion.look() fails for a server older than 15", async () => {
    const session = new DoctorSession({ env: {}, databaseUrl: () => "" });
    session.askOne = (row) => Promise.resolve(row.parse({ num: 140_011, version: "14.11" }));
    expect(await serverVersion.look(session, [])).toMatchObject({ verdict: "failed", seen: "PostgreSQL 14.11; 15 or newer is needed", fix: expect.stringContaining("Upgrade") });
  });

  it("runDoctor() compares the clock of the database, and tells a doubt from a failure", async () => {
    const late = (minutes: number) => world.doctor({ area: "database", clock: { ...systemClock, now: () => Date.now() - minutes * 60_000 } });
    expect(theFailure(await late(20))).toMatchObject({ name: "database/clock", seen: expect.stringMatching(/^this machine is (19 min 59 s|20 min) behind the database; object storage refuses/), fix: expect.stringContaining("set-ntp true") });
    expect(troubles(await late(2))).toEqual(["inconclusive database/clock"]);
  });
});

describe("runDoctor() on what is installed", () => {
  it("runDoctor() names a database without Holdfast", async () => {
    const bare = await createTestDatabase();
    try {
      const report = await look(bare.url);
      expect(theFailure(report)).toEqual({ name: "database/schema", seen: "schema backup is not installed in this database", fix: "npx holdfast init && npx supabase db push --remote   # in the folder of the project" });
    } finally {
      await bare.drop();
    }
  });

  it("runDoctor() names another build of the schema", async () => {
    const [before] = await world.sql("select obj_description('backup'::regnamespace) as text");
    await world.sql("comment on schema backup is 'Holdfast. Build 000000000000.'");
    expect(theFailure(await look(world.database.url))).toMatchObject({ name: "database/build", seen: expect.stringMatching(/build 000000000000; this is holdfast .*, build [0-9a-f]{12}$/), fix: expect.stringMatching(/^npx holdfast upgrade && npx supabase db push --remote {3}#/) });
    const [version] = await world.sql("select pg_get_functiondef('backup.version()'::regprocedure) as text");
    await world.sql("create or replace function backup.version() returns text language sql as $$ select '0.0.1' $$");
    expect(theFailure(await look(world.database.url)).seen).toContain("version 0.0.1, build 000000000000");
    await world.sql(`${String(version?.["text"])}; comment on schema backup is '${String(before?.["text"]).replaceAll("'", "''")}'`);
  });

  it.each([["pg_cron", "cron", "create extension pg_cron;"], ["pg_net", "net", "create extension pg_net with schema extensions;"]])("runDoctor() asks for %s", async (name, namespace, fix) => {
    await world.net.stop();
    await world.admin(`alter schema ${namespace} rename to gone`);
    expect(theFailure(await look(world.database.url))).toMatchObject({ name: `database/${name}`, seen: "not installed", fix: expect.stringContaining(fix) });
    await world.sql("update backup.settings set external_clock = true where id");
    expect(troubles(await look(world.database.url))).toEqual([]);
    await world.admin(`alter schema gone rename to ${namespace}; update backup.settings set external_clock = false where id`);
    world.net.start();
  });

  it("runDoctor() says what is lost without amcheck, which is no failure", async () => {
    await world.admin("drop extension amcheck");
    const report = await look(world.database.url);
    expect(report.results.find(({ name }) => name === "database/amcheck")).toMatchObject({ verdict: "skipped", seen: expect.stringContaining("not damage inside"), fix: expect.stringContaining("create extension amcheck") });
    expect(report.verdict).toBe("passed");
  });
});

describe("runDoctor() on rights", () => {
  it("runDoctor() passes a role that has what postgres has", async () => {
    expect(troubles(await look(asRole()))).toEqual([]);
  });

  it.each([
    ["row_security", `alter role ${ROLE} nobypassrls`, `alter role ${ROLE} bypassrls`, "policies may hide rows of auth.", `alter role "${ROLE}" bypassrls;`],
    ["create_database", `alter role ${ROLE} nocreatedb`, `alter role ${ROLE} createdb`, "may not create databases", `alter role "${ROLE}" createdb;`],
    ["statement_timeout", `alter role ${ROLE} set statement_timeout = '5s'`, `alter role ${ROLE} reset statement_timeout`, "end after 5 s", `alter role "${ROLE}" set statement_timeout = '2min';`],
  ])("runDoctor() fails %s with what the role lacks", async (name, broken, repaired, seen, fix) => {
    await world.admin(broken);
    const report = await look(asRole());
    await world.admin(repaired);
    expect(theFailure(report)).toMatchObject({ name: `database/${name}`, seen: expect.stringContaining(seen), fix });
  });

  it("runDoctor() finds what a role outside of postgres may not do, and stops at a schema it may not use", async () => {
    await world.admin(`revoke postgres from ${ROLE}; grant set on parameter session_replication_role to ${ROLE}`);
    expect(theFailure(await look(asRole()))).toMatchObject({ name: "database/schema", seen: `role ${ROLE} may not use schema backup`, fix: expect.stringContaining(`grant postgres to "${ROLE}";`) });
    await world.admin(`grant usage on schema backup, cron, net to ${ROLE}; grant all on all tables in schema backup to ${ROLE}; grant execute on all functions in schema backup to ${ROLE}`);
    expect(theFailure(await look(asRole()))).toMatchObject({ name: "database/read_tables", seen: expect.stringMatching(/may not read auth\.\w+, .* and \d+ more: exports/), fix: `grant pg_read_all_data to "${ROLE}";` });
    await world.admin(`grant pg_read_all_data to ${ROLE}; revoke set on parameter session_replication_role from ${ROLE}`);
    expect(theFailure(await look(asRole()))).toMatchObject({ name: "database/replica_role", fix: expect.stringContaining(`grant set on parameter session_replication_role to "${ROLE}";`) });
    await world.admin(`grant postgres to ${ROLE}`);
  });
});
