import { loadIsalGzip } from "../../cli/load_isal_gzip.ts";

/** Whether this machine has ISA-L. In CI it has to: what is tested with it only would never be. */
export const HAS_ISAL = await loadIsalGzip() !== null;

if (!HAS_ISAL && process.env["CI"] === "true") throw new Error("CI needs ISA-L: apt-get install libisal2");
