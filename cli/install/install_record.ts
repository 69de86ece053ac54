import { z } from "zod";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";

/** Where it is kept in the project. */
export const RECORD_PATH = "supabase/holdfast/holdfast.json";

const ABOUT = "Written by holdfast init and holdfast upgrade. Keep it in version control: it tells them what they installed.";
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Below the folder on every system: on Windows a backslash separates too, and a colon names a drive or a stream. */
const isInside = (path: string): boolean => !/[\\:]/.test(path) && path.split("/").every((part) => !["", ".", ".."].includes(part));

const installRecord = z.object({
  about: z.string(),
  format: z.literal(1),
  version: z.string().regex(/^\d+\.\d+\.\d+(?:-[\w.-]+)?$/),
  /** In the order they were added: the name in the package, the name in supabase/migrations/. */
  migrations: z.array(z.object({ release: z.string(), file: z.string().regex(/^\d+_[^/\\:]+\.sql$/), sha256 })),
  functions: z.record(z.string().regex(/^[\w-]+$/), z.object({ entrypoint: z.string(), import_map: z.string(), verify_jwt: z.boolean() })),
  /** By path below supabase/holdfast/. */
  files: z.record(z.string().refine(isInside), sha256),
});

/** What was installed into a project, as it was installed. */
export type InstallRecord = Omit<z.infer<typeof installRecord>, "about" | "format">;

/** The same record always gives the same text, so that nothing to do changes no byte. */
export function renderInstallRecord(record: InstallRecord): string {
  const sorted = <T>(entries: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
  const { version, migrations, functions, files } = record;
  return `${JSON.stringify({ about: ABOUT, format: 1, version, migrations, functions: sorted(functions), files: sorted(files) }, null, 2)}\n`;
}

/** @throws HoldfastError HF924 when it cannot be understood, or is of a format this version does not know */
export function parseInstallRecord(text: string): InstallRecord {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Said below, with what to do.
  }
  const parsed = installRecord.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new HoldfastError("HF924", `${RECORD_PATH} cannot be understood`, {
    detail: json === undefined ? "It is not JSON." : parsed.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`).join("; "),
    hint: `Bring it back from version control (git checkout -- ${RECORD_PATH}). If it was written by a newer version of Holdfast, use that version.`,
  });
}
