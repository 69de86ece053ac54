import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";
import type { DueShare } from "./choose_objects.ts";

export interface StoredObjectRecord {
  key: string;
  sha256: string;
  bytes: number;
}

/** A restore point besides the newest one; what it consists of is in its manifest. */
export interface OlderRestorePoint {
  runId: string;
  objectPrefix: string;
  manifestKey: string;
  manifestSha256: string;
  /** As the ledger knows it; a lifecycle rule may have moved it since. */
  archived: boolean;
}

/** A restore point and everything the ledger says its run stored, the manifest aside. */
export interface RestorePointObjects {
  runId: string;
  objectPrefix: string;
  manifestKey: string;
  manifestSha256: string;
  /** Null: the ledger has forgotten it. */
  manifestBytes: number | null;
  /** What is read back this time. */
  share: DueShare;
  objects: StoredObjectRecord[];
  /** The others that retention leaves, whose objects have their turn as well. */
  older: OlderRestorePoint[];
}

const runRow = z.object({
  run_id: z.string(),
  object_prefix: z.string(),
  manifest_key: z.string(),
  manifest_sha256: z.string(),
  manifest_bytes: z.coerce.number().int().nonnegative().nullable(),
  object_sample_share: z.number().int().positive(),
  last: z.object({ share: z.number().int(), share_of: z.number().int(), next: z.string().nullish() }).nullable(),
});
const olderRow = z.object({ run_id: z.string(), object_prefix: z.string(), manifest_key: z.string(), manifest_sha256: z.string(), archived: z.boolean() });

// bigint arrives as a string; sizes of objects are far below 2^53.
const objectRow = z.object({ key: z.string(), sha256: z.string(), bytes: z.coerce.number().int().nonnegative() });

// A share counts as read when it left its mark among the answers: one that storage kept from being read is due again.
const RUN_SQL = `
  select r.run_id, r.object_prefix, r.manifest_key, r.manifest_sha256, s.object_sample_share,
         (select c.stored_bytes from backup.chunks c where c.run_id = r.run_id and c.kind = 'manifest' and c.state = 'done') as manifest_bytes,
         (select a.evidence from backup.verification_results a
          where a.check_name = 'check_backup_objects' and a.verification_id <> v.verification_id and a.evidence ? 'share_of'
          order by a.recorded_at desc, a.result_no desc limit 1) as last
  from backup.verifications v
  join backup.runs r using (run_id)
  cross join backup.settings s
  where v.verification_id = $1 and r.state = 'complete'`;

const OLDER_SQL = `
  select r.run_id, r.object_prefix, r.manifest_key, r.manifest_sha256, r.archived
  from backup.restore_points p join backup.runs r using (run_id)
  where p.run_id <> $1 and (p.expires_at is null or p.expires_at > pg_catalog.now())
  order by p.run_id`;

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
  const { rows: older } = await database.query(OLDER_SQL, [run.run_id]);
  return {
    runId: run.run_id,
    objectPrefix: run.object_prefix,
    manifestKey: run.manifest_key,
    manifestSha256: run.manifest_sha256,
    manifestBytes: run.manifest_bytes,
    share: nextShare(run.object_sample_share, run.last),
    objects: z.array(objectRow).parse(rows),
    older: z.array(olderRow).parse(older).map((one) => ({
      runId: one.run_id, objectPrefix: one.object_prefix, manifestKey: one.manifest_key, manifestSha256: one.manifest_sha256, archived: one.archived })),
  };
}

/** The share after the last one that was read, or the rest of it. */
function nextShare(of: number, last: z.infer<typeof runRow>["last"]): DueShare {
  if (last === null || last.share_of !== of) return { of, index: 0, after: null };
  return last.next == null ? { of, index: (last.share + 1) % of, after: null } : { of, index: last.share, after: last.next };
}
