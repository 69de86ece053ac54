import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";
import { TOOL_VERSION } from "../tool_version.ts";

const sample = z.object({ name: z.string(), labels: z.record(z.string(), z.string()), value: z.number() });

/** One value of a metric. */
export type MetricSample = z.infer<typeof sample>;

const BUILD_INFO = "holdfast_build_info";

/** What backup.metrics says, with the version of who asks. */
export async function readMetrics(database: Queryable): Promise<MetricSample[]> {
  const { rows } = await database.query("select name, labels, value from backup.metrics");
  return z.array(sample).parse(rows).map((one) => (one.name === BUILD_INFO ? { ...one, labels: { version: TOOL_VERSION, ...one.labels } } : one));
}
