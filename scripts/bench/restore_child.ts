import { letHeapGrow } from "../../cli/let_heap_grow.ts";
import { returnMemory } from "../../cli/return_memory.ts";
import { connect } from "../../functions/_shared/database/connect.ts";
import { restoreBackup } from "../../functions/_shared/restore/restore_backup.ts";
import { createS3Client } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";

// A process of its own, as the command is one: its peak memory and CPU time are the command's.
letHeapGrow();
await returnMemory();
const [targetUrl = "", workers = "2"] = process.argv.slice(2);
const config = parseS3Config(process.env);
if (config === null) throw new Error("S3 is not configured");
const result = await restoreBackup({
  s3: createS3Client(config), from: "latest", connect: (applicationName) => connect(targetUrl, { applicationName }), tables: [], schemas: [], intoExisting: null,
  options: { dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true, workers: Number(workers) },
});
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({
  phases: result.phaseSeconds, verdict: result.proof?.verdict, rows: result.tables.reduce((sum, one) => sum + one.rows, 0),
  cpuSeconds: (user + system) / 1e6, peakMb: process.resourceUsage().maxRSS / 1024,
}));
