import { HoldfastError } from "../errors/holdfast_error.ts";
import { objectUrl } from "../s3/object_url.ts";
import type { DoctorAnswer, DoctorCheck } from "./doctor_finding.ts";
import type { StorageContext } from "./storage_context.ts";

const arnOf = ({ config }: StorageContext): string => `arn:aws:s3:::${config.bucket}/${config.prefix === "" ? "" : `${config.prefix}/`}*`;
const allow = (context: StorageContext, ...actions: string[]): string =>
  `Allow the key ${actions.join(" and ")} on ${arnOf(context)}; the whole policy is in docs/security.md.`;

/** A refusal of the storage as an answer; a storage that is away is no answer. */
function refused(context: StorageContext, error: unknown, action: string): DoctorAnswer {
  if (!(error instanceof HoldfastError)) throw error;
  const seen = [error.message, error.detail].filter(Boolean).join(". ");
  if (error.code === "HF203") return { verdict: "inconclusive", seen, fix: error.hint ?? null };
  return { verdict: "failed", seen, fix: error.code === "HF202" ? allow(context, action) : error.hint ?? null };
}

/** An object can be stored. */
export const storageWrite: DoctorCheck<StorageContext> = {
  name: "write",
  needs: ["access"],
  look: async (context) => {
    const key = await context.probeKey();
    try {
      const { versionId, bytes } = await context.client.putObject(key, context.body, { contentType: "text/plain", verify: false });
      context.probes.push({ key, versionId });
      return { verdict: "passed", seen: `stored ${key} (${bytes} bytes)`, fix: null };
    } catch (error) {
      return refused(context, error, "s3:PutObject");
    }
  },
};

/** What was stored comes back byte for byte. */
export const storageRead: DoctorCheck<StorageContext> = {
  name: "read",
  needs: ["write"],
  look: async (context) => {
    try {
      const bytes = await context.client.getObject(await context.probeKey());
      const equal = bytes.length === context.body.length && bytes.every((byte, at) => byte === context.body[at]);
      if (equal) return { verdict: "passed", seen: "the same bytes came back", fix: null };
      return { verdict: "failed", seen: "other bytes came back than were stored", fix: "Do not trust this storage with backups until its provider explains it." };
    } catch (error) {
      if (error instanceof HoldfastError && error.code === "HF204") {
        return { verdict: "failed", seen: "the object was acknowledged and is not there", fix: "Do not trust this storage with backups until its provider explains it." };
      }
      return refused(context, error, "s3:GetObject");
    }
  },
};

/** The listing shows it: retention, verification and restore find backups by listing. */
export const storageList: DoctorCheck<StorageContext> = {
  name: "list",
  needs: ["write"],
  look: async (context) => {
    const key = await context.probeKey();
    try {
      for await (const object of context.client.listObjects(key)) {
        if (object.key === key) return { verdict: "passed", seen: "the object is in the listing", fix: null };
      }
      return { verdict: "failed", seen: "the listing does not show an object that is stored", fix: "Use a server whose ListObjectsV2 is consistent." };
    } catch (error) {
      const answer = refused(context, error, "s3:ListBucket");
      return answer.verdict === "failed" ? { ...answer, fix: `Allow the key s3:ListBucket on arn:aws:s3:::${context.config.bucket}; the whole policy is in docs/security.md.` } : answer;
    }
  },
};

/** Nobody may read or list without a key. */
export const storagePublicAccess: DoctorCheck<StorageContext> = {
  name: "public_access",
  needs: ["read"],
  look: async (context) => {
    const { config } = context;
    const open: string[] = [];
    const refusals: number[] = [];
    for (const [what, url] of [["read", objectUrl(config, await context.probeKey())], ["listed", objectUrl(config, null, { "list-type": "2", "max-keys": "1" })]] as const) {
      const response = await context.fetch(url, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
      await response.body?.cancel();
      if (response.ok) open.push(what);
      else refusals.push(response.status);
    }
    if (open.length > 0) {
      return { verdict: "failed", seen: `the bucket can be ${open.join(" and ")} by anyone, without a key`,
        fix: `aws s3api put-public-access-block --bucket ${config.bucket} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true` };
    }
    // 404 and 5xx say that something else is wrong, not that strangers are kept out.
    if (refusals.every((status) => status >= 400 && status < 500 && status !== 404)) return { verdict: "passed", seen: `refused without a key (${refusals.join(", ")})`, fix: null };
    return { verdict: "inconclusive", seen: `the storage answers ${refusals.join(" and ")} without a key, which does not tell whether it is public`, fix: null };
  },
};

/** The storage classes of enabled policies are accepted and kept. */
export const storageClasses: DoctorCheck<StorageContext> = {
  name: "storage_classes",
  needs: ["write"],
  after: ["database/schema"],
  look: async (context) => {
    const wants = await context.wants();
    if (wants === null) return { verdict: "inconclusive", seen: "which classes the policies use is in the ledger, which cannot be read", fix: null };
    const wanted = [...new Set(wants.classes.map(({ storageClass }) => storageClass))];
    if (wanted.length === 0) return { verdict: "skipped", seen: "no enabled policy names a storage class", fix: null };
    for (const storageClass of wanted) {
      const key = await context.probeKey(`-${storageClass.toLowerCase()}`);
      try {
        const { versionId } = await context.client.putObject(key, context.body, { contentType: "text/plain", storageClass });
        context.probes.push({ key, versionId });
      } catch (error) {
        const answer = refused(context, error, "s3:PutObject");
        // One that was stored without its class is there all the same.
        if (error instanceof HoldfastError && error.code === "HF206") context.probes.push({ key, versionId: null });
        const users = wants.classes.filter((one) => one.storageClass === storageClass).map(({ policy }) => policy);
        return { ...answer, seen: `${storageClass}: ${answer.seen}`, fix: users.map((policy) => `holdfast policies set ${policy} --storage-class none`).join(" && ") };
      }
    }
    return { verdict: "passed", seen: `${wanted.join(", ")} accepted and kept`, fix: null };
  },
};

/** The probes go again. Only retention needs the right to delete; without it a key cannot lose a backup. */
export const storageDelete: DoctorCheck<StorageContext> = {
  name: "delete",
  needs: ["write"],
  after: ["database/schema"],
  look: async (context) => {
    const left: string[] = [];
    let refusal: HoldfastError | undefined;
    for (const { key, versionId } of context.probes) {
      try {
        await context.client.deleteObject(key, versionId === null ? {} : { versionId });
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        left.push(key);
        refusal = error;
      }
    }
    if (refusal === undefined) return { verdict: "passed", seen: "the probe is deleted again", fix: null };
    const remains = `left in the bucket: ${left.join(", ")}`;
    if (refusal.code !== "HF202") return { verdict: "inconclusive", seen: `${refusal.message}; ${remains}`, fix: refusal.hint ?? null };
    const wants = await context.wants();
    if (wants === null) return { verdict: "inconclusive", seen: `the key may not delete; whether retention has to is in the ledger, which cannot be read; ${remains}`, fix: null };
    if (!wants.deletes) return { verdict: "passed", seen: `the key may not delete, which protects the backups; ${remains}`, fix: null };
    return { verdict: "failed", seen: `settings.retention_mode is apply, and the key may not delete: retention cannot; ${remains}`,
      fix: `${allow(context, "s3:DeleteObject", "s3:DeleteObjectVersion")} Or: update backup.settings set retention_mode = 'off' where id;` };
  },
};
