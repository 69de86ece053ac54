import { parseArgs } from "node:util";
import { withClient } from "../functions/_shared/database/connect.ts";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";
import { applyMigrations } from "../stack/apply_migrations.ts";
import { compareBuild } from "../stack/compare_build.ts";
import { POSTGRES_FLAVORS, type PostgresFlavor } from "../stack/postgres/find_server.ts";
import { s3Secrets } from "../stack/s3_secrets.ts";
import { type Stack, startStack } from "../stack/start_stack.ts";

const HELP = `Starts a Supabase project on this machine, without Docker, and keeps it running until Ctrl-C.

Usage: npm run stack -- [options]

  --dir <path>             State, logs and data (default .holdfast)
  --fresh                  Start from an empty project instead of the data of the run before
  --postgres <flavor>      embedded (17), embedded18 or system (default $HOLDFAST_PG, else embedded)
  --database-url <url>     Use this database instead of starting one; it is not migrated
  --base-port <port>       First port to try (default 54421)
  --no-migrate             Leave the database as it is
  --json                   One line of JSON on stdout once everything is up
  --verbose                Show the logs of functions and jobs

Exit codes: 0 stopped · 1 bug · 2 usage or configuration · 3 refused or failed with an HF code
Example: npm run stack -- --fresh --json`;

/** Progress goes to stderr: stdout holds the answer alone. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      fresh: { type: "boolean", default: false },
      postgres: { type: "string" },
      "database-url": { type: "string" },
      "base-port": { type: "string" },
      "no-migrate": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false, short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  const startedAt = Date.now();
  progress("Starting the database, the clock, the object storage and the functions …");
  const stack = await startStack({
    freshData: values.fresh,
    functionSecrets: ({ s3 }) => s3Secrets(s3),
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    ...(values.postgres === undefined ? {} : { flavor: readFlavor(values.postgres) }),
    ...(values["database-url"] === undefined ? {} : { databaseUrl: values["database-url"] }),
    ...(values["base-port"] === undefined ? {} : { basePort: readPort(values["base-port"]) }),
    ...(values.verbose ? { onLog: progress } : {}),
  });
  try {
    if (!values["no-migrate"] && values["database-url"] === undefined) {
      const applied = await applyMigrations(stack.databaseUrl, {
        onFile: (name, index, total) => progress(`Applying migration ${index} of ${total}: ${name}`),
      });
      const build = await withClient(stack.databaseUrl, { applicationName: "holdfast stack" }, async (client) => {
        // Where pg_cron's tickets go; a port may differ from the run before.
        await client.query("update backup.settings set functions_url = $1 where id", [stack.functionsUrl]);
        return await compareBuild(client);
      });
      if (build === "other") progress("Schema backup is of another build than this checkout: use --fresh to start with this one.");
      progress(applied.length === 0 ? "No migration was pending." : `Applied ${applied.length} migration${applied.length === 1 ? "" : "s"}.`);
    }
    progress(`Up after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s.`);
    process.stdout.write(values.json ? `${JSON.stringify(describe(stack))}\n` : `${table(stack)}\n`);
    await signalled;
    progress("Stopping …");
  } finally {
    await stack.stop();
  }
  progress("Stopped.");
}

function describe(stack: Stack): Record<string, string | null> {
  return {
    database_url: stack.databaseUrl,
    admin_url: stack.adminUrl ?? null,
    api_url: stack.apiUrl,
    functions_url: stack.functionsUrl,
    secret_key: stack.secretKey,
    publishable_key: stack.publishableKey,
    s3_endpoint: stack.s3?.endpoint ?? null,
    s3_region: stack.s3?.region ?? null,
    s3_bucket: stack.s3?.bucket ?? null,
    s3_access_key_id: stack.s3?.accessKeyId ?? null,
    s3_secret_access_key: stack.s3?.secretAccessKey ?? null,
    state_dir: stack.dir,
  };
}

/** The keys are shown in full: they open nothing but this machine's own loopback ports. */
function table(stack: Stack): string {
  const rows = Object.entries(describe(stack)).filter(([, value]) => value !== null);
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    "",
    ...rows.map(([name, value]) => `  ${name.replaceAll("_", " ").padEnd(width)}  ${value ?? ""}`),
    "",
    "  Press Ctrl-C to stop everything. The data stays for the next start; --fresh throws it away.",
  ].join("\n");
}

function readFlavor(value: string): PostgresFlavor {
  const flavor = POSTGRES_FLAVORS.find((one) => one === value);
  if (flavor !== undefined) return flavor;
  throw new UsageError(`--postgres is ${JSON.stringify(value)}, but it can be ${POSTGRES_FLAVORS.join(", ")}`);
}

function readPort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port > 0 && port < 65_500) return port;
  throw new UsageError(`--base-port is ${JSON.stringify(value)}, which is not a port number`);
}

class UsageError extends Error {}

/** Node names the mistakes parseArgs finds by codes of this form. */
function isUsageError(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
}

main().catch((error: unknown) => {
  if (error instanceof HoldfastError) {
    progress([`${error.code} ${error.message}`, error.detail, error.hint].filter((line) => line !== undefined).join("\n  "));
    process.exitCode = error.exitCode;
  } else if (isUsageError(error)) {
    progress(`${error instanceof Error ? error.message : String(error)}\nRun npm run stack -- --help for the options.`);
    process.exitCode = 2;
  } else {
    console.error(error);
    process.exitCode = 1;
  }
});
