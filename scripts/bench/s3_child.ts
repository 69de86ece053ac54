import { letHeapGrow } from "../../cli/let_heap_grow.ts";
import { startS3 } from "../../stack/s3/start_s3.ts";

// A process of its own, so that serving does not slow down the client it is measured with.
letHeapGrow();
const [dir = "", accessKeyId = "", secretAccessKey = ""] = process.argv.slice(2);
const server = await startS3({ dir, accessKeyId, secretAccessKey, buckets: ["holdfast-backups"] });
process.on("SIGTERM", () => void server.stop().then(() => process.exit(0)));
console.log(server.endpoint);
