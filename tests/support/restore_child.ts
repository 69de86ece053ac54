import { connect } from "../../functions/_shared/database/connect.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { restoreBackup } from "../../functions/_shared/restore/restore_backup.ts";
import { folderStorage } from "./folder_storage.ts";

// A restore in a process of its own, to be killed. Every line is a step it has made; the last one is its end.
const [dir = "", url = "", from = ""] = process.argv.slice(2);
try {
  const { proof } = await restoreBackup({
    s3: folderStorage(dir), from, connect: (applicationName) => connect(url, { applicationName }), tables: [], schemas: [], intoExisting: null,
    options: { dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true, workers: 2 },
    onProgress: ({ phase, done, item }) => console.log(`step ${phase} ${done} ${item}`),
  });
  console.log(`end ${proof?.verdict} ${JSON.stringify(proof?.findings.filter((one) => one.verdict !== "passed" && one.verdict !== "skipped"))}`);
} catch (error) {
  console.log(`end ${error instanceof HoldfastError ? JSON.stringify(error) : String(error instanceof Error ? error.stack : error)}`);
}
