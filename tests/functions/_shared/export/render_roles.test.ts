import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { globalsSchema, renderRoles } from "../../../../functions/_shared/export/render_roles.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

const role = (name: string, other: object = {}) => ({ name, login: false, inherit: true, create_role: false, create_db: false, connection_limit: -1, ...other });
const render = (roles: object[], memberships: object[] = [], parameters: object[] = []) =>
  renderRoles(globalsSchema.parse({ roles, memberships, parameter_privileges: parameters }));

describe("renderRoles()", () => {
  it("renderRoles() leaves out what the platform creates by itself", () => {
    const platform = ["anon", "authenticated", "authenticator", "service_role", "postgres", "dashboard_user", "pgbouncer", "supabase_admin",
      "supabase_auth_admin", "supabase_read_only_user", "pgsodium_keyholder", "pgtle_admin", "pg_monitor", "cli_login_postgres"];
    const sql = render(platform.map((name) => role(name)), [{ role: "anon", member: "authenticator", admin: false }]);
    expect(sql.split("\n").filter((line) => line !== "" && !line.startsWith("--"))).toEqual([]);
  });

  it("renderRoles() keeps roles whose names only look like the platform's", () => {
    const sql = render([role("anonymous"), role("my_supabase_admin"), role("postgres2")]);
    for (const name of ["anonymous", "my_supabase_admin", "postgres2"]) expect(sql).toContain(`create role "${name}"`);
  });

  it("renderRoles() grants a platform role to an own one, and an own one to a platform role", () => {
    const sql = render([role("app"), role("authenticator"), role("authenticated")],
      [{ role: "app", member: "authenticator", admin: false }, { role: "authenticated", member: "app", admin: true }]);
    expect(sql).toContain('grant "app" to "authenticator";');
    expect(sql).toContain('grant "authenticated" to "app" with admin option;');
  });

  it("renderRoles() grants parameters to own roles and to everybody, and leaves what the platform grants", () => {
    const on = (role: string | null, parameter: string, other: object = {}) => ({ role, parameter, privilege: "set", grantable: false, ...other });
    const sql = render([role("app"), role("postgres")], [], [on("app", "app.level", { grantable: true }), on(null, "log_statement"),
      on("app", "work_mem", { privilege: "alter system" }), on("postgres", "session_replication_role")]);
    expect(sql.split("\n").filter((line) => line.includes("on parameter"))).toEqual([
      'grant set on parameter "app"."level" to "app" with grant option;',
      'grant set on parameter "log_statement" to public;',
      'grant alter system on parameter "work_mem" to "app";',
    ]);
  });

  it("renderRoles() grants only after every role exists", () => {
    const sql = render([role("a"), role("z")], [{ role: "z", member: "a", admin: false }]);
    expect(sql.indexOf("grant")).toBeGreaterThan(sql.indexOf('create role "z"'));
  });
});

describe("renderRoles() in a real server", () => {
  let database: TestDatabase;
  let admin: pg.Client;
  let client: pg.Client;
  const suffix = `${process.pid}`;
  const names = [`Rôle "q" ${suffix}`, `it's\\${suffix}`, `plain_${suffix}`];
  const plain = names[2] ?? "";

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    admin = new pg.Client(database.adminUrl);
    await admin.connect();
    client = new pg.Client(database.url);
    await client.connect();
  });

  afterAll(async () => {
    await dropRoles();
    await client.end();
    await admin.end();
    await database.drop();
  });

  async function dropRoles(): Promise<void> {
    for (const name of names) await admin.query(`drop role if exists ${pg.escapeIdentifier(name)}`);
  }

  /** Everything the catalog knows of the roles of this test. Oids and passwords aside. */
  async function facts(): Promise<unknown> {
    const { rows } = await admin.query(
      `select r.rolname, r.rolcanlogin, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolconnlimit, r.rolvaliduntil, r.rolconfig,
              shobj_description(r.oid, 'pg_authid') as comment,
              (select jsonb_agg(jsonb_build_array(g.rolname, a.admin_option) order by g.rolname)
               from pg_auth_members a join pg_roles g on g.oid = a.roleid where a.member = r.oid and g.rolname = any ($1)) as member_of
       from pg_roles r where r.rolname = any ($1) order by r.rolname`, [names]);
    return rows;
  }

  it("renderRoles() of backup.globals() makes the same roles, settings, lists and memberships again", async () => {
    const [o, q, p] = names.map((name) => pg.escapeIdentifier(name));
    await admin.query(`
      create role ${o} login noinherit connection limit 7 valid until '2030-01-02 03:04:05.678+00';
      create role ${q} createdb createrole;
      create role ${p};
      comment on role ${o} is 'it''s \\ "odd"
second line';
      alter role ${o} set search_path = '$user', "Odd ""schema""", public, 'a,b';
      alter role ${o} set statement_timeout = '8s';
      alter role ${o} set app.greeting = 'it''s \\ "quoted", and = more';
      alter role ${q} set search_path = '';
      alter role ${p} set search_path = 'a ""b', '', "$user";
      alter role ${p} set app."select" = 'reserved';
      alter role ${q} set datestyle = 'ISO, DMY';
      alter role ${q} set temp_tablespaces = '';
      alter role ${p} set default_transaction_isolation = 'repeatable read';
      alter role ${p} set timezone = 'Europe/Berlin';
      grant ${o} to ${q} with admin option;
      grant ${q} to ${p};`);
    const before = await facts();
    const { rows: [row] } = await client.query<{ globals: unknown }>("select backup.globals() as globals");
    const globals = globalsSchema.parse(row?.globals);
    // Roles are shared by the databases of a server, so those of other tests may be there too.
    const sql = renderRoles({ ...globals, roles: globals.roles.filter(({ name }) => names.includes(name)) });
    await dropRoles();
    expect(await facts()).toEqual([]);
    await admin.query(sql);
    expect(await facts()).toEqual(before);
    expect(before).toHaveLength(3);
  });

  it("renderRoles() gives back passwords only as verifiers", async () => {
    await dropRoles();
    const verifier = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy";
    await admin.query(`create role ${pg.escapeIdentifier(plain)} password 'hunter2'`);
    const stored = async () => (await admin.query<{ verifier: string }>("select rolpassword as verifier from pg_authid where rolname = $1", [plain])).rows[0]?.verifier;
    const real = await stored();
    expect(render([role(plain, { password_verifier: verifier })])).toContain(`password '${verifier}'`);
    await dropRoles();
    await admin.query(render([role(plain, { login: true, password_verifier: real })]));
    expect(await stored()).toBe(real);
  });
});
