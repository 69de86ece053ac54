import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { restoreSequences } from "../../../../functions/_shared/restore/restore_sequences.ts";
import { createRestoreTarget, type RestoreTarget } from "../../../support/restore_world.ts";
import { withContent } from "../../../support/with_content.ts";

const position = (name: string, last_value: string, is_called = true, schema = "public") => ({ schema, name, last_value, is_called });

describe("restoreSequences()", () => {
  let target: RestoreTarget;
  beforeAll(async () => {
    target = await createRestoreTarget();
  });
  beforeEach(() => target.sql(`drop schema if exists "odd S" cascade; drop table if exists public.owner, public.user_of, public.identity; drop sequence if exists public.used, public.free, public.small;
    create schema "odd S"; create sequence "odd S"."Seq.x"; create table public.owner (id bigserial); create sequence public.used; create table public.user_of (id bigint default nextval('public.used'));
    create table public.identity (id bigint generated always as identity); create sequence public.free; create sequence public.small maxvalue 10`));
  afterAll(() => target.close());
  const nextOf = async (sequence: string) => (await target.sql<{ nextval: string }>(`select nextval('${sequence}')`))[0]?.nextval;

  it("restoreSequences() sets every sequence, exactly and beyond what a number holds", async () => {
    const context = await target.context(withContent({ "sequences.json": [
      position("Seq.x", "9223372036854775800", true, "odd S"), position("owner_id_seq", "42"), position("free", "42", false), position("identity_id_seq", "7")] }));
    await restoreSequences(context);
    expect([await nextOf('"odd S"."Seq.x"'), await nextOf("public.owner_id_seq"), await nextOf("public.free"), await nextOf("public.identity_id_seq")])
      .toEqual(["9223372036854775801", "43", "42", "8"]);
    expect(context.leftOut).toEqual([]);
  });

  it("restoreSequences() sets the others when one is missing, out of bounds, or not to be set by this role", async () => {
    const admin = await target.connect("admin", target.database.adminUrl);
    await admin.query("drop sequence if exists public.locked; create sequence public.locked");
    const context = await target.context(withContent({ "sequences.json": [position("gone", "1"), position("small", "11"), position("locked", "5"), position("free", "9")] }));
    await restoreSequences(context);
    expect(await nextOf("public.free")).toBe("10");
    expect(context.leftOut.map(({ reason, subject, message }) => `${reason} ${subject} ${message}`)).toEqual([
      "version position of sequence public.gone The target has no such sequence.",
      "version position of sequence public.small Its position is outside of the bounds that the target's sequence has.",
      "role position of sequence public.locked The role may not set it.",
    ]);
    await admin.query("drop sequence public.locked");
  });

  it("restoreSequences() of chosen tables sets those they own or use, and those of chosen schemas", async () => {
    const all = withContent({ "sequences.json": [position("owner_id_seq", "5"), position("used", "5"), position("identity_id_seq", "5"), position("free", "5"), position("Seq.x", "5", true, "odd S"), position("gone", "1")] });
    const table = (name: string) => ({ schema: "public", name, columns: ["id"], rows: 0, fingerprint: "", fingerprint_expression: "", raw_bytes: 0, stored_bytes: 0, chunks: [] });
    const values = async () => {
      const next: (string | undefined)[] = [];
      for (const one of ["public.owner_id_seq", "public.used", "public.identity_id_seq", "public.free", '"odd S"."Seq.x"']) next.push(await nextOf(one));
      return next;
    };
    const context = await target.context(all, { tables: [table("owner"), table("user_of")], options: { only: [{ schema: "public", name: "owner" }, { schema: "public", name: "user_of" }] } });
    await restoreSequences(context);
    expect(await values()).toEqual(["6", "6", "1", "1", "1"]);
    expect(context.leftOut).toEqual([]);
    await restoreSequences(await target.context(all, { tables: [table("identity")], options: { only: [{ schema: "public", name: "identity" }, { schema: "odd S", name: null }] } }));
    expect(await values()).toEqual(["7", "7", "6", "2", "6"]);
  });

  it("restoreSequences() once more sets none back that went on since, whichever way it counts, and those that did not", async () => {
    await target.sql("drop sequence if exists public.down, public.far, public.wound; create sequence public.down increment -1; create sequence public.far start 1000; create sequence public.wound");
    const far = "9223372036854775800";
    const context = await target.context(withContent({ "sequences.json": [
      position("owner_id_seq", "42"), position("used", "42", false), position("free", "42"), position("Seq.x", far, true, "odd S"), position("down", "-42"), position("far", "5"), position("wound", "7"), position("gone", "1")] }));
    // What was set back to before its start is where the backup has it.
    await restoreSequences(context, { again: true });
    expect([await nextOf("public.owner_id_seq"), await nextOf("public.far"), await nextOf("public.down")]).toEqual(["43", "6", "-43"]);
    await target.sql(`select setval('public.used', 43, false), setval('public.free', 41), nextval('"odd S"."Seq.x"'), setval('public.wound', 1)`);
    context.leftOut.length = 0;
    await restoreSequences(context, { again: true });
    expect([await nextOf("public.owner_id_seq"), await nextOf("public.used"), await nextOf("public.free"), await nextOf('"odd S"."Seq.x"'), await nextOf("public.down"), await nextOf("public.far"), await nextOf("public.wound")])
      .toEqual(["44", "43", "43", "9223372036854775802", "-44", "7", "8"]);
    expect(context.leftOut.map(({ subject }) => subject)).toEqual(["position of sequence public.gone"]);
    // The first time, all are where the backup has them.
    await restoreSequences(context);
    expect([await nextOf("public.owner_id_seq"), await nextOf("public.down")]).toEqual(["43", "-43"]);
    await target.sql("drop sequence public.down, public.far, public.wound");
  });

  it("restoreSequences() once more sets the others when one may not be looked at", async () => {
    const admin = await target.connect("admin", target.database.adminUrl);
    await admin.query("drop sequence if exists public.locked; create sequence public.locked");
    const context = await target.context(withContent({ "sequences.json": [position("locked", "5"), position("small", "11"), position("free", "9")] }));
    await restoreSequences(context, { again: true });
    expect(await nextOf("public.free")).toBe("10");
    expect(context.leftOut.map(({ reason, subject }) => `${reason} ${subject}`)).toEqual(["role position of sequence public.locked", "version position of sequence public.small"]);
    await admin.query("drop sequence public.locked");
  });

  it("restoreSequences() rejects with HF501 a document that is not one of sequences", async () => {
    await expect(restoreSequences(await target.context(withContent({ "sequences.json": [position("a", "1; drop table x")] })))).rejects.toMatchObject({ code: "HF501" });
  });
});
