import { plan } from "@supabase/pg-delta/plan";
import { describe, expect, it } from "vitest";
import { FURTHER_RULES } from "../../../../functions/_shared/schema/further_rules.ts";
import { fact, facts, schema } from "../../../support/facts.ts";

const id = { kind: "extensionIntent", ext: "holdfast", intentKind: "operator", key: '["public", "~~"]' } as const;
const payload = { what: "operator public.~~ (a, b)", statements: ["create operator public.~~ (…)"], undo: null, owner: 'a"b', comment: "it's \\ done" };
const sqlOf = (from: ReturnType<typeof facts>, to: ReturnType<typeof facts>) =>
  plan(from, to, { scope: "database", intentRules: FURTHER_RULES, assumedSchemas: ["public"] }).actions.map(({ sql }) => sql);

describe("FURTHER_RULES", () => {
  const without = facts([fact(schema("public"))]);
  const having = (change: Partial<typeof payload>) => facts([fact(schema("public")), fact(id, { ...payload, ...change }, schema("public"))]);

  it("FURTHER_RULES make an object, its owner and its comment", () => {
    expect(sqlOf(without, having({}))).toEqual(["create operator public.~~ (…)", 'alter operator public.~~ (a, b) owner to "a""b"', "comment on operator public.~~ (a, b) is E'it''s \\\\ done'"]);
  });

  it("FURTHER_RULES make an object again that is different", () => {
    expect(sqlOf(having({ owner: "c" }), having({ owner: null as never, comment: null as never }))).toEqual(["drop operator public.~~ (a, b)", "create operator public.~~ (…)"]);
  });
});
