import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captureGlobals } from "../../../../functions/_shared/export/capture_globals.ts";
import { asSupautils } from "../../../support/as_supautils.ts";
import { claimKind, createExportWorld, type ExportWorld, openRun, type OpenRun, planned } from "../../../support/export_world.ts";
import { queryRows } from "../../../support/query_rows.ts";

describe("captureGlobals()", () => {
  let world: ExportWorld;
  let run: OpenRun;
  const role = `app_${process.pid}`;

  beforeAll(async () => {
    world = await createExportWorld();
    // As supautils lets a project make it; its function is where no backup looks.
    await world.sql("create function extensions.hear() returns event_trigger language plpgsql as 'begin end'");
    await asSupautils(world.database.adminUrl, "create event trigger hear on sql_drop execute function extensions.hear()");
    await queryRows(world.database.adminUrl, `create function extensions.watch() returns event_trigger language plpgsql as 'begin end';
      create event trigger platform_watch on sql_drop execute function extensions.watch()`);
    await world.sql(`create role ${role} login password 'hunter2-secret'; alter role ${role} set search_path = app, public; create schema app; grant ${role} to authenticator`);
    run = await openRun(world);
    await planned(run);
    await claimKind(run, "globals").then(([chunk]) => chunk && captureGlobals(run.context, chunk));
  });

  afterAll(async () => {
    await run.close();
    await world.sql(`drop role ${role}`);
    await world.close();
  });

  const stored = async (name: string) => gunzipSync(await world.s3.getObject(run.context.objectPrefix + name)).toString();

  it("captureGlobals() stores roles, memberships, settings, extensions and jobs as JSON", async () => {
    const globals: unknown = JSON.parse(await stored("globals.json.gz"));
    expect(globals).toMatchObject({
      roles: expect.arrayContaining([expect.objectContaining({ name: role, login: true, settings: ["search_path=app, public"] }), expect.objectContaining({ name: "anon" })]),
      memberships: expect.arrayContaining([{ role, member: "authenticator", admin: false }]),
      extensions: expect.arrayContaining([expect.objectContaining({ name: "plpgsql" })]),
      database: expect.objectContaining({ name: world.database.name, encoding: "UTF8" }),
    });
  });

  it("captureGlobals() stores SQL that creates the project's own roles", async () => {
    const sql = await stored("roles.sql.gz");
    expect(sql).toContain(`create role "${role}" with login`);
    expect(sql).toContain(`set "search_path" to 'app', 'public';`);
    expect(sql).not.toContain('create role "anon"');
  });

  it("captureGlobals() stores no password unless asked to", async () => {
    for (const text of [await stored("globals.json.gz"), await stored("roles.sql.gz")]) {
      expect(text).not.toMatch(/hunter2|SCRAM-SHA-256|password/);
    }
  });

  it("captureGlobals() warns of an event trigger of the project that no backup holds, and not of the platform's", async () => {
    const warned = await world.sql("select w ->> 'subject' as subject, w ->> 'message' as message from backup.runs r, jsonb_array_elements(r.warnings) w where r.run_id = $1 and w ->> 'code' = 'objects_not_covered'", [run.runId]);
    expect(warned).toEqual([{ subject: "event trigger hear", message: expect.stringContaining("It is not in the backup, as its function is in schema extensions, which is not.") }]);
  });

  it("captureGlobals() reports its objects to the ledger", async () => {
    const [row] = await world.sql<{ state: string; objects: { content: string; key: string }[] }>(
      "select state, objects from backup.chunks where run_id = $1 and kind = 'globals'", [run.runId]);
    expect(row?.state).toBe("done");
    expect(row?.objects.map(({ content }) => content)).toEqual(["globals.json", "roles.sql", "config.json"]);
  });
});
