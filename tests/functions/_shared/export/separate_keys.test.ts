import type { StableId } from "@supabase/pg-delta/core";
import type { Action } from "@supabase/pg-delta/plan";
import { describe, expect, it } from "vitest";
import { separateKeys } from "../../../../functions/_shared/export/separate_keys.ts";

const TABLE: StableId = { kind: "table", schema: "shop", name: "a (b" };
const column = (name: string): StableId => ({ kind: "column", schema: "shop", table: "a (b", name });
const constraint = (name: string): StableId => ({ kind: "constraint", schema: "shop", table: "a (b", name });
const create = (clauses: [string, StableId][]): Action => ({
  sql: `CREATE TABLE "shop"."a (b" (${clauses.map(([sql]) => sql).join(", ")})`, verb: "create", produces: [TABLE, ...clauses.map(([, id]) => id)], consumes: [{ kind: "schema", name: "shop" }],
  destroys: [], releases: [], transactionality: "transactional", dataLoss: "none", rewriteRisk: false, lockClass: "none" } as unknown as Action);
const COLUMNS: [string, StableId][] = [['"id" integer NOT NULL', column("id")], ['"x, y" text', column("x, y")]];

describe("separateKeys()", () => {
  it("separateKeys() makes a key of the same columns as another one by itself, as the server would leave it out without a word", () => {
    const table = create([...COLUMNS, ['CONSTRAINT "p" PRIMARY KEY ("id", "x, y")', constraint("p")], ['CONSTRAINT "u" UNIQUE ("id", "x, y")', constraint("u")], ['CONSTRAINT "v" UNIQUE ("id")', constraint("v")]]);
    const [made, key, ...none] = separateKeys([table]);
    expect(made).toMatchObject({ sql: 'CREATE TABLE "shop"."a (b" ("id" integer NOT NULL, "x, y" text, CONSTRAINT "p" PRIMARY KEY ("id", "x, y"), CONSTRAINT "v" UNIQUE ("id"))',
      produces: [TABLE, column("id"), column("x, y"), constraint("p"), constraint("v")] });
    expect(key).toMatchObject({ sql: 'ALTER TABLE "shop"."a (b" ADD CONSTRAINT "u" UNIQUE ("id", "x, y")', produces: [constraint("u")], consumes: [TABLE] });
    expect(none).toEqual([]);
  });

  it("separateKeys() leaves other statements as they are", () => {
    const actions = [
      create([...COLUMNS, ['CONSTRAINT "p" PRIMARY KEY ("id")', constraint("p")], ['CONSTRAINT "u" UNIQUE ("id", "x, y")', constraint("u")], ['CONSTRAINT "c" CHECK (id > 0)', constraint("c")], ['CONSTRAINT "d" CHECK (id > 0)', constraint("d")]]),
      { ...create([]), sql: 'CREATE TABLE "shop"."a (b" PARTITION OF "shop"."p" FOR VALUES IN (1)' },
      { ...create([]), sql: 'ALTER TABLE "shop"."a (b" ADD COLUMN "z" integer', produces: [column("z")] },
    ];
    expect(separateKeys(actions)).toEqual(actions);
  });
});
