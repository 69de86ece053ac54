import { buildFactBase } from "@supabase/pg-delta/core";
import type { Client } from "pg";
import { describe, expect, it } from "vitest";
import { actAsOwners, stopActingAs } from "../../../../functions/_shared/restore/act_as_owners.ts";
import type { TargetInfo } from "../../../../functions/_shared/restore/target.ts";

const owners = ["mine", "supabase_auth_admin", "member", "postgres", "unknown", "refused"];
const role = (name: string) => ({ id: { kind: "role" as const, name }, payload: {} });
const schema = (name: string) => ({ id: { kind: "schema" as const, name }, payload: {} });
const facts = buildFactBase([...owners.map(role), ...owners.map(schema)],
  owners.map((name) => ({ from: schema(name).id, to: role(name).id, kind: "owner" as const })), "liveDb");
const target = (change: Partial<TargetInfo> = {}) => ({
  role: "postgres", isSuperuser: false,
  roles: new Map([["mine", { isMember: false }], ["supabase_auth_admin", { isMember: false }], ["member", { isMember: true }], ["postgres", { isMember: true }], ["refused", { isMember: false }]]), ...change }) as TargetInfo;

function session(refusal?: Error): { client: Client; statements: string[] } {
  const statements: string[] = [];
  const client = { query: (text: string) => {
    statements.push(text);
    return text.includes("refused") && refusal !== undefined ? Promise.reject(refusal) : Promise.resolve({ rows: [] });
  } } as unknown as Client;
  return { client, statements };
}

const nobody = () => Promise.resolve();

describe("actAsOwners()", () => {
  it("actAsOwners() becomes a member of the project's own owners, never of the platform's, and goes on where it may not", async () => {
    const { client, statements } = session(Object.assign(new Error("no"), { code: "42501" }));
    expect(await actAsOwners(client, facts, target(), (role) => Promise.resolve(void statements.push(`remember ${role}`)))).toEqual(["mine"]);
    expect(statements).toEqual(["remember mine", 'grant "mine" to current_user', "remember refused", 'grant "refused" to current_user']);
  });

  it("actAsOwners() has nothing to do as a superuser", async () => {
    const { client, statements } = session();
    expect([await actAsOwners(client, facts, target({ isSuperuser: true }), nobody), statements]).toEqual([[], []]);
  });

  it("actAsOwners() throws what is not an answer of the server", async () => {
    await expect(actAsOwners(session(new TypeError("a bug")).client, facts, target(), nobody)).rejects.toThrow("a bug");
  });
});

describe("stopActingAs()", () => {
  it("stopActingAs() takes back each", async () => {
    const { client, statements } = session();
    await stopActingAs(client, ["mine", 'o"dd']);
    expect(statements).toEqual(['revoke "mine" from current_user', 'revoke "o""dd" from current_user']);
  });
});
