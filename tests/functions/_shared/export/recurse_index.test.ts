import { expect, it } from "vitest";
import { recurseIndex } from "../../../../functions/_shared/export/recurse_index.ts";

it.each([
  ["CREATE INDEX visits_pet_idx ON ONLY public.visits USING btree (pet)", "CREATE INDEX visits_pet_idx ON public.visits USING btree (pet)"],
  ['CREATE UNIQUE INDEX "a "" ON ONLY b" ON ONLY public."ON ONLY x" USING btree (a)', 'CREATE UNIQUE INDEX "a "" ON ONLY b" ON public."ON ONLY x" USING btree (a)'],
])("recurseIndex() makes an index of a partitioned table reach its partitions: %s", (sql, expected) => expect(recurseIndex(sql)).toBe(expected));

it.each([
  'CREATE INDEX "x ON ONLY y" ON public.visits USING btree (pet)', "CREATE INDEX i ON t (a) WHERE (b = ' ON ONLY '::text)",
  "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'CREATE INDEX i ON ONLY t (a)'",
])("recurseIndex() leaves other statements alone: %s", (sql) => expect(recurseIndex(sql)).toBe(sql));
