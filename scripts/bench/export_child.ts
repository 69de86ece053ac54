import { letHeapGrow } from "../../cli/let_heap_grow.ts";
import { returnMemory } from "../../cli/return_memory.ts";
import { loadIsalGzip } from "../../cli/load_isal_gzip.ts";
import { connect } from "../../functions/_shared/database/connect.ts";
import { exportBackup } from "../../functions/_shared/export/export_backup.ts";
import { createS3Client } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";

// A process of its own, as the command is one: its peak memory and CPU time are the command's.
letHeapGrow();
await returnMemory();
const [databaseUrl = "", workers = "2"] = process.argv.slice(2);
const config = parseS3Config(process.env);
if (config === null) throw new Error("S3 is not configured");
const isal = await loadIsalGzip();
const result = await exportBackup({
  connect: (applicationName) => connect(databaseUrl, { applicationName }),
  s3: createS3Client(config), workers: Number(workers), tier: null, compressRows: isal ?? undefined,
});
console.log(JSON.stringify({
  gzip: isal === null ? "zlib" : "isal", rows: result.rows, rawBytes: result.rawBytes, storedBytes: result.storedBytes,
  peakMb: process.resourceUsage().maxRSS / 1024,
}));
