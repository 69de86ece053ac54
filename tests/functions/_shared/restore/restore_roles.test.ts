import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { restoreRoles } from "../../../../functions/_shared/restore/restore_roles.ts";
import { createRestoreTarget, type RestoreTarget } from "../../../support/restore_world.ts";
import { withContent } from "../../../support/with_content.ts";

/** Roles belong to the whole server, so each run has names of its own. */
const name = (text: string): string => `${text} ${process.pid}`;
const NAMES = ["app", "Ro\"le", "reader", "refused", "supabase_r"].map(name);

const role = (of: string, other: object = {}) => ({
  name: of, superuser: false, inherit: true, create_role: false, create_db: false, login: false, replication: false, bypass_rls: false, connection_limit: -1, ...other });
const globals = (roles: object[], memberships: object[] = [], parameters: object[] = []) =>
  withContent({ "globals.json": { roles, memberships, parameter_privileges: parameters, settings: [], cron_jobs: null } });

describe("restoreRoles()", () => {
  let target: RestoreTarget;
  let admin: RestoreTarget;
  beforeAll(async () => {
    [target, admin] = [await createRestoreTarget(), await createRestoreTarget({ admin: true })];
  });
  afterEach(async () => {
    for (const one of [...NAMES, `supabase_${process.pid}`]) await admin.sql(`drop role if exists ${admin.client.escapeIdentifier(one)}`);
  });
  afterAll(async () => {
    await target.close();
    await admin.close();
  });
  const restored = async (of: string) => (await admin.sql(`select rolcanlogin as login, rolinherit as inherit, rolcreatedb as create_db, rolsuper or rolreplication or rolbypassrls as more,
    rolconnlimit as connections, rolconfig as settings, shobj_description(oid, 'pg_authid') as comment from pg_roles where rolname = $1`, [of]))[0];
  const members = (of: string) => admin.sql<{ role: string }>("select m.roleid::regrole::text as role from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = $1 order by 1", [of]);

  it("restoreRoles() creates what is missing with attributes, settings, comment and memberships", async () => {
    const context = await target.context(globals([
      role(name("app"), { login: true, inherit: false, connection_limit: 3, settings: ["statement_timeout=5s", "search_path=\"$user\", public"], comment: "it's the app" }),
      role(name("Ro\"le")), role("authenticated"),
    ], [{ role: name("Ro\"le"), member: name("app"), admin: false }, { role: "authenticated", member: name("app"), admin: false }]));
    await restoreRoles(context);
    expect(await restored(name("app"))).toEqual({ login: true, inherit: false, create_db: false, more: false, connections: 3,
      settings: ["statement_timeout=5s", "search_path=\"$user\", public"], comment: "it's the app" });
    expect(await members(name("app"))).toHaveLength(2);
    expect(context.leftOut).toEqual([{ reason: "secret", subject: `password of role ${name("app")}`, message: expect.any(String) }]);
  });

  it("restoreRoles() names settings of the platform's roles that the target has not, without their values, and leaves them", async () => {
    const [there] = await admin.sql<{ settings: string[] }>("select rolconfig as settings from pg_roles where rolname = 'authenticator'");
    const settings = [...there?.settings ?? [], "pgrst.db_schemas=hidden, app"];
    expect(settings.length).toBeGreaterThan(1);
    const context = await target.context(globals([role("authenticator", { settings }), role("anon", { settings: (await restored("anon"))?.["settings"] })]));
    await restoreRoles(context);
    expect(context.leftOut).toEqual([{ reason: "platform", subject: "settings of role authenticator", message: expect.stringContaining("others: pgrst.db_schemas. ") }]);
    expect(JSON.stringify(context.leftOut)).not.toContain("hidden");
    expect((await restored("authenticator"))?.["settings"]).toEqual(there?.settings);
  });

  it("restoreRoles() grants parameters to the roles of the project, or names what the server refuses", async () => {
    const grants = [{ parameter: "holdfast_test.level", role: name("app"), privilege: "set", grantable: false }];
    const refused = await target.context(globals([role(name("app"))], [], grants));
    await restoreRoles(refused);
    expect(refused.leftOut).toEqual([{ reason: "role", subject: `privilege of ${name("app")} to set holdfast_test.level`, message: "The server refuses it (SQLSTATE 42501)." }]);
    const context = await admin.context(globals([role(name("app"))], [], grants));
    await restoreRoles(context);
    expect(context.leftOut).toEqual([]);
    expect(await admin.sql("select has_parameter_privilege($1, 'holdfast_test.level', 'set') as may", [name("app")])).toEqual([{ may: true }]);
    await admin.sql(`revoke set on parameter holdfast_test.level from ${admin.client.escapeIdentifier(name("app"))}`);
  });

  it("restoreRoles() never gives SUPERUSER, REPLICATION or BYPASSRLS, not even as a superuser, and says who had them", async () => {
    const context = await admin.context(globals([role(name("app"), { superuser: true, replication: true, bypass_rls: true })]));
    await restoreRoles(context);
    expect(await restored(name("app"))).toMatchObject({ more: false });
    expect(context.leftOut).toEqual([{ reason: "role", subject: `role ${name("app")}`, message: expect.stringContaining("SUPERUSER, REPLICATION, BYPASSRLS") }]);
  });

  it("restoreRoles() leaves roles that are there as they are, and is the same when repeated", async () => {
    await admin.sql(`create role ${admin.client.escapeIdentifier(name("app"))} login`);
    const context = await target.context(globals([role(name("app"), { settings: ["work_mem=1MB"] }), role(name("reader"))], [{ role: name("reader"), member: name("app"), admin: false }]));
    await restoreRoles(context);
    await restoreRoles(context);
    expect(await restored(name("app"))).toMatchObject({ login: true, settings: null });
    expect(await members(name("app"))).toHaveLength(1);
  });

  it("restoreRoles() lists what the server refuses and keeps the rest", async () => {
    const context = await target.context(globals([
      role(name("app"), { settings: ["log_statement=all", "work_mem=1MB", "session_preload_libraries=nothing"] }),
      role(name("refused"), { connection_limit: -7 }), role("pg_own"),
    ], [{ role: name("refused"), member: name("app"), admin: false }, { role: "pg_execute_server_program", member: name("app"), admin: false }]));
    await restoreRoles(context);
    expect((await restored(name("app")))?.["settings"]).toContain("work_mem=1MB");
    expect(await restored(name("refused"))).toBeUndefined();
    const subjects = context.leftOut.map(({ subject, message }) => `${subject}: ${message}`);
    expect(subjects).toEqual(expect.arrayContaining([
      expect.stringMatching(`role ${name("app")}: .*session_preload_libraries.*SQLSTATE 42501`), expect.stringMatching(`role ${name("refused")}: The server refuses to create it`),
      expect.stringMatching(`membership of ${name("app")} in ${name("refused")}: .*SQLSTATE 42704`),
    ]));
    expect(subjects.join()).not.toContain("pg_own");
  });

  it("restoreRoles() makes missing roles of the platform without login and says so", async () => {
    const platform = `supabase_${process.pid}`;
    const context = await target.context(globals([role(platform, { login: true, bypass_rls: true, settings: ["work_mem=1MB"] }), role(`cli_login_${process.pid}`)],
      [{ role: "anon", member: platform, admin: false }]));
    await restoreRoles(context);
    expect(await restored(platform)).toMatchObject({ login: false, more: false, settings: null });
    expect(await members(platform)).toEqual([{ role: "anon" }]);
    expect(context.leftOut).toEqual([{ reason: "platform", subject: `role ${platform}`, message: expect.stringContaining("without login") }]);
    expect(await restored(`cli_login_${process.pid}`)).toBeUndefined();
  });

  it("restoreRoles() says of a role of the platform that the server refuses to make it, and keeps whether it inherits", async () => {
    const platform = `supabase_${process.pid}`;
    await restoreRoles(await target.context(globals([role(platform, { inherit: false })])));
    expect(await restored(platform)).toMatchObject({ inherit: false });
    await admin.sql(`drop role ${platform}`);
    const context = await target.context(globals([role(platform)], [{ role: platform, member: "anon", admin: false }]));
    await target.sql("set role anon");
    await restoreRoles(context);
    await target.sql("reset role");
    expect(context.leftOut).toEqual([{ reason: "platform", subject: `role ${platform}`, message: expect.stringContaining("refuses to create it (SQLSTATE 42501)") }]);
    expect(await restored(platform)).toBeUndefined();
  });

  it("restoreRoles() leaves nothing when its session is lost half way", async () => {
    const victim = await target.connect();
    const pid: unknown = Reflect.get(victim, "processID");
    const context = await target.context(globals([role(name("app"), { settings: ["work_mem=1MB"] }), role(name("reader"))]), {
      client: victim, onProgress: (done) => void (done === 1 && admin.sql("select pg_terminate_backend($1)", [pid])) });
    // The session may be gone only at the commit; what counts is that it is all or nothing.
    const outcome = await restoreRoles(context).then(() => "done", () => "lost");
    const both = [await restored(name("app")), await restored(name("reader"))];
    expect(both.map((one) => one !== undefined)).toEqual(outcome === "done" ? [true, true] : [false, false]);
  });
});
