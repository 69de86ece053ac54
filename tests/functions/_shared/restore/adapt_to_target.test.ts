import type { StableId } from "@supabase/pg-delta/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adaptToTarget } from "../../../../functions/_shared/restore/adapt_to_target.ts";
import type { Backup } from "../../../../functions/_shared/restore/backup_source.ts";
import { fact, facts, schema, targetInfo } from "../../../support/facts.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";
import { createRestoreTarget, type RestoreTarget } from "../../../support/restore_world.ts";

const view: StableId = { kind: "view", schema: "shop", name: "v" };
const ODD = "SELECT   a.id FROM shop.a";
const captured = facts([fact(schema("shop")), fact(view, { def: ODD, columns: [] }, schema("shop"))]);
const from = (version_num: number): Backup => memoryBackup(memoryStorage(), manifestOf({ server: { version: "x", version_num, database: "source", settings: {} } }));

let target: RestoreTarget;
beforeAll(async () => {
  target = await createRestoreTarget({ sql: "create schema shop; create table shop.a (id integer); create view shop.v as select id from shop.a" });
});
afterAll(() => target.close());
const adapt = (sourceVersion: number, targetVersion: number) => adaptToTarget(target.client, from(sourceVersion), captured, targetInfo({ versionNum: targetVersion }), { only: null });
const def = (base: typeof captured) => base.get(view)?.payload["def"];

describe("adaptToTarget()", () => {
  it("adaptToTarget() compares views of servers of one version as they are printed", async () => {
    const { current, desired } = await adapt(170_001, 170_004);
    expect(def(desired)).toBe(ODD);
    expect(def(current)).not.toBe(ODD);
  });

  it("adaptToTarget() lets the target spell views of another version, so that only what differs is different", async () => {
    const { current, desired } = await adapt(150_001, 170_001);
    expect(def(desired)).toBe(def(current));
  });

  it("adaptToTarget() leaves what was not asked for as the target has it", async () => {
    const { current, desired } = await adaptToTarget(target.client, from(170_000), captured, targetInfo(), { only: [{ schema: "shop", name: "other" }] });
    expect(def(desired)).toBe(def(current));
  });
});
