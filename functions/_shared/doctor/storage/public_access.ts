import { objectUrl } from "../../s3/object_url.ts";
import type { DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";

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
