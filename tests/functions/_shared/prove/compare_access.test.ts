import type { DependencyEdge, Fact, StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { compareAccess } from "../../../../functions/_shared/prove/compare_access.ts";
import { acl, fact, facts, owner, role, schema, table, targetInfo } from "../../../support/facts.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";

const a = table("a");
const policy = (name: string, payload: Fact["payload"] = {}) => fact({ kind: "policy", schema: "public", table: "a", name },
  { cmd: "r", permissive: true, roles: ["anon"], usingExpr: "true", checkExpr: null, ...payload }, a);
const grant = (privileges: string[], change: Fact["payload"] = {}, target: StableId = a) => fact(acl(target, "anon"), { privileges, grantable: [], ...change }, target);
const defaults = (payload: Fact["payload"], change: object = {}) =>
  fact({ kind: "defaultPrivilege", role: "postgres", schema: null, objtype: "f", grantee: "PUBLIC", ...change } as StableId, payload);
const view = (reloptions: string[]) => fact({ kind: "view", schema: "public", name: "v" }, { def: "select 1", reloptions }, schema("public"));
const definer = (security: string) => fact({ kind: "function", schema: "public", name: "f", args: [] }, { def: `CREATE FUNCTION public.f() ${security} AS $$ SECURITY DEFINER $$` }, schema("public"));
const v: StableId = view([]).id;
const f: StableId = definer("").id;
const member = fact({ kind: "membership", role: "staff", member: "anon" });

const base = (rls: Fact["payload"] = { rowSecurity: true, forceRowSecurity: true }): Fact[] => [fact(schema("public")), fact(a, rls, schema("public"))];
const roles = (change: Fact["payload"] = {}): Fact[] => [fact(role("anon"), change), fact(role("staff")), fact(role("admin"), { superuser: true }), fact(role("root"), { superuser: true })];
interface Options { only?: { schema: string; name: string | null }[] | null; platform?: string[]; sameCluster?: boolean; version?: number }
function compare(source: Fact[], present: Fact[], { only = null, platform = [], sameCluster = false, version = 170_000 }: Options = {}, edges: [DependencyEdge[], DependencyEdge[]] = [[], []]) {
  const server = { ...manifestOf().server, system_identifier: sameCluster ? "2" : "1", version_num: version };
  return compareAccess(facts(source, edges[0]), facts(present, edges[1]), {
    backup: memoryBackup(memoryStorage(), manifestOf({ server })), target: targetInfo({ platformSchemas: platform }), options: { only, dataOnly: false, schemaOnly: false } });
}
const failures = (...args: Parameters<typeof compare>) => compare(...args).filter(({ verdict }) => verdict === "failed").map(({ subject, actual }) => `${subject}: ${actual}`);

describe("compareAccess()", () => {
  it("compareAccess() passes what is equal, and says how much it has compared", () => {
    const all = [...base(), grant(["SELECT"]), policy("p"), ...roles()];
    expect(compare(all, all)).toEqual([expect.objectContaining({ subject: "rights", verdict: "passed",
      evidence: { compared: { rights: 1, policies: 2, tables: 1, "default rights": 0, "definer objects": 0, roles: 4 } } })]);
  });

  it.each<[string, Fact[], Fact[]]>([
    ["a right less", [...base(), grant(["SELECT", "UPDATE"])], [...base(), grant(["SELECT"])]],
    ["a right on a column of a table whose rights it had", [...base(), grant(["SELECT"])], [...base(), fact({ ...acl(a, "anon"), column: "id" } as StableId, { privileges: ["SELECT"], grantable: [] }, a)]],
    ["an owner's own rights", base(), [...base(), grant(["SELECT"], { _ownerDefault: ["SELECT"] })]],
    ["a permissive policy less", [...base(), policy("p")], base()],
    ["one more policy that restricts", base(), [...base(), policy("p", { permissive: false })]],
    ["a policy for fewer roles", [...base(), policy("p", { roles: ["anon", "staff"] })], [...base(), policy("p")]],
    ["row security that was off", base({}), base()],
    ["the built-in right to call functions", base(), [...base(), defaults({ privileges: ["EXECUTE"] })]],
    ["objects the backup does not have", base(), [...base(), fact(table("b"), {}, schema("public")), grant(["SELECT"], {}, table("b"))]],
    ["a weaker role", [...base(), ...roles({ createRole: true })], [...base(), ...roles()]],
    ["a view that begins to ask its caller", [...base(), view([])], [...base(), view(["security_invoker=true"])]],
  ])("compareAccess() has nothing against %s", (_what, source, present) => expect(failures(source, present)).toEqual([]));

  it.each<[string, Fact[], Fact[], RegExp]>([
    ["a right more", [...base(), grant(["SELECT"])], [...base(), grant(["SELECT", "DELETE"])], /^rights of anon on table public.a: DELETE$/],
    ["a first right", base(), [...base(), grant(["SELECT"])], /: SELECT$/],
    ["the right to hand a right on", [...base(), grant(["SELECT"])], [...base(), grant(["SELECT"], { grantable: ["SELECT"] })], /: SELECT with grant option$/],
    ["a new permissive policy", base(), [...base(), policy("p")], /lets rows through/],
    ["a policy with another condition", [...base(), policy("p")], [...base(), policy("p", { usingExpr: "1 = 1" })], /condition for rows/],
    ["a policy with another condition for new rows", [...base(), policy("p")], [...base(), policy("p", { checkExpr: "true" })], /condition for new rows/],
    ["a policy for more statements", [...base(), policy("p")], [...base(), policy("p", { cmd: "*" })], /it is for all statements/],
    ["a policy for more roles", [...base(), policy("p")], [...base(), policy("p", { roles: ["staff", "anon"] })], /it is for anon, staff/],
    ["a policy that permits instead of restricting", [...base(), policy("p", { permissive: false })], [...base(), policy("p")], /it permits/],
    ["a policy less that restricts", [...base(), policy("p", { permissive: false })], base(), /it is missing/],
    ["row security that is off", base(), base({ rowSecurity: false, forceRowSecurity: true }), /row security is off/],
    ["row security its owner is exempt from", base(), base({ rowSecurity: true }), /for its owner is off/],
    ["default rights", base(), [...base(), defaults({ privileges: ["SELECT"] }, { objtype: "r", grantee: "anon" })], /default rights of anon on objects of postgres: SELECT/],
    ["a default that was taken away and is back", [...base(), defaults({ privileges: [], _revokedDefault: ["EXECUTE"] })], base(), /: EXECUTE$/],
    ["a function that runs as its owner", [...base(), definer("")], [...base(), definer("SECURITY DEFINER")], /function public.f\(\): it runs with those of its owner/],
    ["a view that asks its caller no more", [...base(), view(["security_invoker=on"])], [...base(), view([])], /view public.v: it runs with those of its owner/],
    ["a stronger role", [...base(), ...roles()], [...base(), ...roles({ bypassRls: true })], /^role anon: BYPASSRLS$/],
    ["a membership", [...base(), ...roles()], [...base(), ...roles(), member], /anon may act as staff/],
  ])("compareAccess() finds %s", (_what, source, present, expected) => expect(failures(source, present)).toEqual([expect.stringMatching(expected)]));

  it.each<[string, Fact, StableId]>([["function", definer("SECURITY DEFINER"), f], ["view", view([]), v]])(
    "compareAccess() finds a %s whose owner row security does not hold any more", (_what, one, id) => {
      const all = [...base(), ...roles(), one];
      expect(failures(all, all, {}, [[owner(id, "staff")], [owner(id, "admin")]])).toEqual([expect.stringMatching(/those of admin, whom row security does not hold/)]);
      for (const after of ["staff", "root"]) expect(failures(all, all, {}, [[owner(id, "admin")], [owner(id, after)]])).toEqual([]);
    });

  it("compareAccess() has nothing against a function of the platform that its restorer owns: row security did not hold its owner either", () => {
    const all = [...base(), ...roles(), fact(role("supabase_storage_admin")), definer("SECURITY DEFINER")];
    expect(failures(all, all, {}, [[owner(f, "supabase_storage_admin")], [owner(f, "admin")]])).toEqual([]);
  });

  it("compareAccess() takes all rights of an older server for all of a newer one, and some of them not", () => {
    const all = ["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"];
    const granted = (privileges: string[]) => [...base(), defaults({ privileges }, { objtype: "r", grantee: "anon", schema: "public" })];
    const present = granted([...all, "MAINTAIN"]);
    expect(failures(granted(all), present, { version: 150_008 })).toEqual([]);
    expect(failures(granted(all.slice(1)), granted([...all.slice(1), "MAINTAIN"]), { version: 150_008 })).toEqual([expect.stringMatching(/: MAINTAIN$/)]);
    expect(failures(granted(all), present)).toEqual([expect.stringMatching(/: MAINTAIN$/)]);
  });

  it("compareAccess() leaves the platform's own objects to the platform, but not the project's policies on them", () => {
    const source = [...base(), policy("p", { permissive: false })];
    expect(failures(source, [...base({}), grant(["SELECT"])], { platform: ["public"] })).toEqual([expect.stringMatching(/policy p of public.a: it is missing/)]);
  });

  it("compareAccess() asks only for what was restored", () => {
    const present = [...base({}), grant(["SELECT"]), policy("q"), ...roles({ superuser: true })];
    expect(failures([...base(), ...roles()], present, { only: [{ schema: "public", name: "other" }] })).toEqual([]);
    expect(failures([...base(), ...roles()], present, { only: [{ schema: "public", name: "a" }] })).toHaveLength(3);
  });

  it("compareAccess() says that it did not compare roles in the cluster of the source", () => {
    expect(compare([...base(), ...roles()], [...base(), ...roles({ superuser: true })], { sameCluster: true })).toEqual([
      expect.objectContaining({ subject: "roles", verdict: "skipped" }), expect.objectContaining({ subject: "rights", verdict: "passed" })]);
  });
});
