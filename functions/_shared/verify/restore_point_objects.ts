import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";

export interface StoredObjectRecord {
  key: string;
  sha256: string;
  bytes: number;
}

/** A restore point and everything the ledger says its run stored, the manifest aside. */
export interface RestorePointObjects {
  runId: string;
  objectPrefix: string;
  manifestKey: string;
  manifestSha256: string;
  /** Verifications that examined this run earlier; decides which share of the objects is read back. */
  earlierVerifications: number;
  /** One object in this many is read back. */
  sampleShare: number;
  objects: StoredObjectRecord[];
}

const runRow = z.object({
  run_id: z.string(),
  object_prefix: z.string(),
  manifest_key: z.string(),
  manifest_sha256: z.string(),
  earlier: z.coerce.number().int(),
  object_sample_share: z.number().int().positive(),
});

// bigint arrives as a string; sizes of objects are far below 2^53.
const objectRow = z.object({ key: z.string(), sha256: z.string(), bytes: z.coerce.number().int().nonnegative() });

const RUN_SQL = `
  select r.run_id, r.object_prefix, r.manifest_key, r.manifest_sha256, s.object_sample_share,
         (select count(*) from backup.verifications o
          where o.run_id = v.run_id and o.verification_id <> v.verification_id and o.started_at <= v.started_at) as earlier
  from backup.verifications v
  join backup.runs r using (run_id)
  cross join backup.settings s
  where v.verification_id = $1 and r.state = 'complete'`;

const OBJECTS_SQL = `
  select c.object_key as key, c.sha256, c.stored_bytes as bytes
  from backup.chunks c
  where c.run_id = $1 and c.kind = 'data' and c.state = 'done'
  union
  select o.key, o.sha256, o.bytes
  from backup.chunks c
  cross join lateral jsonb_to_recordset(c.objects) as o (key text, sha256 text, bytes bigint)
  where c.run_id = $1 and c.state = 'done' and c.kind <> 'manifest' and c.objects is not null
  order by 1`;

/** Null when the verification has no restore point to examine. */
export async function readRestorePointObjects(
  database: Queryable,
  verificationId: string,
): Promise<RestorePointObjects | null> {
  const row = (await database.query(RUN_SQL, [verificationId])).rows[0];
  if (row === undefined) return null;
  const run = runRow.parse(row);
  const { rows } = await database.query(OBJECTS_SQL, [run.run_id]);
  return {
    runId: run.run_id,
    objectPrefix: run.object_prefix,
    manifestKey: run.manifest_key,
    manifestSha256: run.manifest_sha256,
    earlierVerifications: run.earlier,
    sampleShare: run.object_sample_share,
    objects: z.array(objectRow).parse(rows),
  };
}
