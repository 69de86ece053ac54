import { letHeapGrow } from "../../cli/let_heap_grow.ts";
import { connect } from "../../functions/_shared/database/connect.ts";
import { exportBackup } from "../../functions/_shared/export/export_backup.ts";
import { createS3Client } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";

// A process of its own, as the command is one: its peak memory and CPU time are the command's.
letHeapGrow();
const [databaseUrl = "", workers = "2"] = process.argv.slice(2);
const config = parseS3Config(process.env);
if (config === null) throw new Error("S3 is not configured");
const result = await exportBackup({
  connect: (applicationName) => connect(databaseUrl, { applicationName }),
  s3: createS3Client(config), workers: Number(workers), tier: null,
});
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({
  seconds: result.seconds, rows: result.rows, rawBytes: result.rawBytes, storedBytes: result.storedBytes,
  cpuSeconds: (user + system) / 1e6, peakMb: process.resourceUsage().maxRSS / 1024,
}));
