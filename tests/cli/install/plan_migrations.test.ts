import { describe, expect, it } from "vitest";
import { contentHash } from "../../../cli/install/content_hash.ts";
import { planMigrations } from "../../../cli/install/plan_migrations.ts";
import { ProjectFiles } from "../../../cli/install/project_files.ts";
import { samplePackage } from "../../support/sample_package.ts";
import { temporaryProject } from "../../support/temporary_project.ts";

const FIRST = "create schema if not exists backup;\n";
const SECOND = "alter table backup.runs add note text;\n";
const RELEASES = { "20260101000000_holdfast.sql": FIRST, "20270101000000_holdfast_1_1_0.sql": SECOND };
const INSTALLED = "20261127090000_holdfast.sql";
const recordOf = (text: string) => ({ version: "1.0.0", functions: {}, files: {}, migrations: [{ release: "20260101000000_holdfast.sql", file: INSTALLED, sha256: contentHash(Buffer.from(text)) }] });

function plan(existing: Record<string, string>, given: { releases?: Record<string, string>; recorded?: string | null; force?: boolean; replaceMigrations?: boolean } = {}) {
  const { root } = temporaryProject(Object.fromEntries(Object.entries(existing).map(([name, text]) => [`supabase/migrations/${name}`, text])));
  const { changes, kept, migrations, recorded } = planMigrations(new ProjectFiles(root), samplePackage({ migrations: given.releases ?? RELEASES }), given.recorded == null ? null : recordOf(given.recorded),
    { mode: "upgrade", force: given.force ?? false, replaceMigrations: given.replaceMigrations ?? false, now: new Date("2026-11-28T10:00:00Z") });
  return { changes: changes.map(({ path, after }) => [path.replace("supabase/migrations/", ""), String(after)]), kept: kept.map(({ reason }) => reason), actions: migrations.map(({ file, action }) => `${action} ${file}`), recorded: recorded.map(({ file }) => file) };
}

describe("planMigrations()", () => {
  it("planMigrations() adds those of every release, in order, after what the project has", () => {
    expect(plan({ "20991231235959_users.sql": "select 1;\n" })).toEqual({
      changes: [["21000101000000_holdfast.sql", FIRST], ["21000101000001_holdfast_1_1_0.sql", SECOND]], kept: [],
      actions: ["add 21000101000000_holdfast.sql", "add 21000101000001_holdfast_1_1_0.sql"], recorded: ["21000101000000_holdfast.sql", "21000101000001_holdfast_1_1_0.sql"],
    });
  });
  it("planMigrations() adds what a project with an older release does not have, and leaves the older file alone", () => {
    expect(plan({ [INSTALLED]: FIRST, "20261127120000_users.sql": "" }, { recorded: FIRST })).toMatchObject({ changes: [["20261128100000_holdfast_1_1_0.sql", SECOND]], actions: [`keep ${INSTALLED}`, "add 20261128100000_holdfast_1_1_0.sql"] });
  });
  it("planMigrations() finds by its text what a run that was stopped has left", () => {
    expect(plan({ [INSTALLED]: FIRST.replaceAll("\n", "\r\n") }, { recorded: null })).toMatchObject({ changes: [["20261128100000_holdfast_1_1_0.sql", SECOND]], recorded: [INSTALLED, "20261128100000_holdfast_1_1_0.sql"] });
  });
  it("planMigrations() keeps an edited or removed migration and says so, and brings it back with force, under its name", () => {
    const releases = { "20260101000000_holdfast.sql": FIRST };
    expect(plan({ [INSTALLED]: "-- mine\n" }, { releases, recorded: FIRST })).toMatchObject({ changes: [], kept: ["edited"], actions: [`keep ${INSTALLED}`] });
    expect(plan({}, { releases, recorded: FIRST })).toMatchObject({ changes: [], kept: ["not there any more"] });
    for (const files of [{}, { [INSTALLED]: "-- mine\n" }]) expect(plan(files, { releases, recorded: FIRST, force: true })).toMatchObject({ changes: [[INSTALLED, FIRST]], kept: [] });
  });
  it("planMigrations() refuses with HF924 when the package's text of an installed one is another, and says what to do", () => {
    const refused = expect.objectContaining({ code: "HF924", message: expect.stringContaining(INSTALLED), hint: expect.stringMatching(/--replace-migrations.*drop schema backup cascade.*repair --remote --status reverted 20261127090000/) });
    for (const text of ["-- built before\n", "-- mine\n"]) {
      for (const force of [false, true]) expect(() => plan({ [INSTALLED]: text }, { recorded: "-- built before\n", force })).toThrow(refused);
    }
  });
  it("planMigrations() replaces it when told to, under its name; an edited one only with force as well", () => {
    const [releases, recorded] = [{ "20260101000000_holdfast.sql": FIRST }, "-- built before\n"];
    expect(plan({ [INSTALLED]: recorded }, { releases, recorded, replaceMigrations: true })).toMatchObject({ changes: [[INSTALLED, FIRST]], actions: [`replace ${INSTALLED}`], recorded: [INSTALLED] });
    expect(plan({ [INSTALLED]: FIRST }, { releases, recorded }), "replaced before the run was stopped").toMatchObject({ changes: [], actions: [`keep ${INSTALLED}`] });
    const edited = { [INSTALLED]: "-- mine\n" };
    expect(() => plan(edited, { releases, recorded, replaceMigrations: true })).toThrow(expect.objectContaining({ code: "HF924", detail: expect.stringContaining("--force") }));
    expect(plan(edited, { releases, recorded, replaceMigrations: true, force: true })).toMatchObject({ changes: [[INSTALLED, FIRST]] });
  });
  it.each(["create schema backup;\n", "-- a\n  CREATE SCHEMA IF NOT EXISTS \"backup\" AUTHORIZATION x;\n"])("planMigrations() refuses with HF922 a schema backup that is not its own: %j", (text) => {
    expect(() => plan({ "20260101000000_users.sql": text })).toThrow(expect.objectContaining({ code: "HF922", message: expect.stringContaining("20260101000000_users.sql") }));
    expect(plan({ "20260101000000_users.sql": "create schema backups;\ncreate schema backup_old;\n" }).actions).toHaveLength(2);
  });
});
