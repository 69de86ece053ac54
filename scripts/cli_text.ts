/** What docs/cli.md says before the commands, and cannot be read off them. */
export const CLI_INTRODUCTION = `# The \`holdfast\` command

Built from the commands by scripts/build_cli_doc.ts; what is not in their help is in scripts/cli_text.ts. Do not edit.

\`node cli/holdfast.mjs <command>\`, or \`npm run holdfast -- <command>\`. Every command has \`--help\`, which says the same as this page.
`;

/** What docs/cli.md says between the options of every command and the commands. */
export const CLI_NOTES = `A password on the command line can be seen by other users of the machine: prefer the environment variables.
\`HOLDFAST_DB_CA\` holds the PEM of the authority that signed the server's certificate (its text, not a file name); with it the certificate is verified. The project's is in the dashboard under Database, SSL.
Functions verify the certificate whenever they use TLS, as Deno does: for a database whose authority Deno does not know, set \`HOLDFAST_DB_CA\` among the secrets of the functions too.
\`sslmode\` in the URL may be \`disable\`, \`require\`, \`verify-ca\` or \`verify-full\`. Without it, hosts outside the private network need TLS, and the command warns when it cannot verify the certificate. \`sslrootcert=system\` verifies with the authorities of the runtime; another file is not read: use \`HOLDFAST_DB_CA\`.
Every refusal has a code, explained in [errors.md](errors.md).
Long work shows how far it is on standard error: as one line on a terminal, elsewhere as a line for the log after ten seconds and then every thirty. \`--quiet\` and \`--json\` leave that out.

## The JSON contract

With \`--json\` each command prints what its section says. Fields may be added; none is renamed, removed or given another meaning. Names are those of the views and tables of schema \`backup\`.
Times are ISO 8601 with an offset, durations are numbers of seconds in fields that end in \`_seconds\`, sizes are bytes. \`null\` means unknown, never no.

**Errors**, on stderr: \`{code, message, details, hint}\`, the shape PostgREST uses. \`code\` is a code of [errors.md](errors.md), a SQLSTATE, or \`XX000\` for a bug.

## Encrypted backups

\`backup\` encrypts to the public keys in \`HOLDFAST_AGE_RECIPIENTS\` (commas or line breaks between them). \`restore\`, \`drill\` and \`verify-key\` take \`--identity <file>\`, which can be repeated, or
\`HOLDFAST_AGE_IDENTITY_FILE\`: a file as \`age-keygen\` writes it. A file protected by a passphrase is refused; decrypt it first (\`age -d -o identity.txt <file>\`). A key in place of a file name is refused
and not repeated. What is wrong with an identity is said before anything is written (HF701 none given, HF702 not a recipient of this backup, HF703 no usable file). \`verify\`, \`restore --list\` and retention need none.

After a rotation keep the old identity as long as there are backups made before: each opens with the recipients its manifest lists. Run \`verify-key\` after each rotation and every quarter; \`backup.check_key_escrow()\` reminds.

## Archived backups

Objects in GLACIER and DEEP_ARCHIVE cannot be read until the storage has made a copy of them. \`restore\`, \`drill\` and \`verify-key\` say so before anything is written (HF603): how much it is, and how long each retrieval tier usually takes. With
\`--thaw\` they ask for what they need and for nothing else (\`--only\` and \`--schema\` make that less; \`verify-key\` needs one object of rows), wait, and go on. Asking costs money and is never done without \`--thaw\`.

- **Interrupted**, the same call goes on: what was asked for is not asked for twice, and rows that are loaded are not needed again.
- **\`--no-wait\`** ends with exit code 12 as long as something has to be waited for, and restores when nothing has: call it again every hour.
- **\`--thaw-tier Expedited\`** is not offered for DEEP_ARCHIVE (HF605). **\`--thaw-days\`** counts from when a copy is there; one that expires in the middle ends a restore with HF606, and the same call asks again.
- The wait is the phase \`thaw\` of the times of a restore and a drill. What was thawed before a call began is not in them.
- **A lifecycle rule** of the bucket may archive manifests too. Then \`--from latest-verified\` cannot tell and names a run (HF603); with a run id, \`--thaw\` has the whole run thawed at once.
- The key needs \`s3:RestoreObject\`. A storage that does not know the call is told from one that refuses it (HF604).

In JSON \`thaw\` is null, or \`{objects, bytes, pending_objects, pending_bytes, tier, days, usual_seconds, seconds}\`; with exit code 12 the answer is \`{run_id, thaw}\`.
`;

/** What docs/cli.md says below a command, by the words after `holdfast`: its JSON, and what else its help has no room for. */
export const CLI_TEXT: Readonly<Record<string, string>> = {
  "backup":
    "JSON: `{run_id, manifest_key, rows, raw_bytes, stored_bytes, seconds, gzip, warnings}`; a warning is `{code, subject, message}`. `gzip` is the library that rows were given to, 64 KiB of them or more at once: `isal` or `zlib`. With ISA-L (`apt-get install libisal2`) an export needs a quarter less CPU time, see [limits.md](limits.md#speed).",
  "init":
    "What is added, and what to do afterwards: [install.md](install.md). JSON: `{folder, version, installed_version, up_to_date, applied, changes, kept, migrations, next_steps}`. `installed_version` is null where there was none. A change is `{path, action, lines}` with `action` `add`, `change` or `remove`; "
    + "`kept` is what was edited and stays, `{path, reason}`; a migration is `{release, file, action}`, its name in the package and in the project, with `action` `keep`, `add` or `replace`; a step is `{title, run, notes}`. With `--json` nobody is asked: without `--yes` and `--dry-run` the object is printed with `applied` false, and the exit code is 3.",
  "upgrade":
    "JSON: as `init`.",
  "restore":
    "JSON: `{run_id, project, snapshot_at, target, tables, rows, raw_bytes, seconds, phase_seconds, left_out, lost, verdict, proof_file, proof_key, proof, thaw}`. With `--list`: an array of `{project, run_id, manifest_key, proofs, archived}`. With `--dry-run`: `{run_id, target, before, after, tables, rows, raw_bytes, expected_seconds, left_out, thaw}`; its `thaw` is null or `{objects, bytes, by_class, tier, usual_seconds}`, and `expected_seconds` is without it.",
  "drill":
    "JSON: the columns of `backup.drills` without `failure_code` and `failure_message`, and `{seconds, left_out, recorded, not_recorded_because, proof, thaw}`; `proof` is the whole proof.",
  "doctor":
    "JSON: `{verdict, results}`; a result is `{area, name, verdict, seen, fix, blocked_by}`. `area` and `name` together are stable and name a check; `fix` is a command or SQL, null where there is nothing to do; `blocked_by` is `area/name` of the check that kept this one from looking, else null. `verdict` is `passed` when nothing failed and nothing is in doubt. What each check looks at: [doctor.md](doctor.md).",
  "status":
    "JSON: an object with every column of `backup.status`, intervals as `_seconds`. `health` is `never_ran`, `healthy`, `stale`, `failing` or `running`. `alerts` is an array of `{cause, severity, message, occurrences, raised_at, last_seen}`. With `--metrics`: `{metrics}`, an array of `{name, labels, value}`.\n\n`--metrics` prints all or nothing, for the textfile collector of node_exporter; what the metrics mean: [monitoring.md](monitoring.md).",
  "runs":
    "JSON: an array, newest first, of `{run_id, state, tier, trigger, engine, requested_at, finished_at, snapshot_at, rows, raw_bytes, stored_bytes, manifest_key, verified, warnings, failure_code, failure_message}`. `warnings` is how many there are.",
  "alerts":
    "JSON: an array of the columns of `backup.alerts` and `what_to_do`, open ones first. Causes and channels: [alerts.md](alerts.md).",
  "alerts deliveries":
    "JSON: an array, newest first, of `{delivery_id, event_id, event, cause, channel, state, attempts, status_code, error, queued_at, not_before, finished_at}`, columns of `backup.alert_deliveries`.",
  "alerts test":
    "JSON: `{channels}`, an array of `{channel, outcome, status_code, error}` with every channel there is; `outcome` is `sent`, `failed` or `not_configured`. It reads the variables of this shell; what the deployed functions have is tested by `POST {\"action\": \"test\"}` to `deliver-alerts`.",
  "verify":
    "JSON: `{verification_id, verdict, background, report, page_key}`. `verdict` and `report` are null while `background`, an array of check names, is not empty.",
  "verify-key":
    "JSON: `{run_id, snapshot_at, proofs, unproven_recipients, recorded, not_recorded_because}`; a proof is `{run_id, recipient, manifest_sha256, objects, bytes}`.",
  "checks":
    "JSON: `{verdict, findings}`; a finding is `{check_name, subject, verdict, expected, actual, evidence}`, as type `backup.finding`. With `--list`: an array of names.",
  "report":
    "JSON: `{verification_id, trigger, verdict, started_at, finished_at, checks, findings, restore_point, newest_drill, objectives, report}`. With `--html`: `{page}`; with a file or `--open`: `{file, opened}`.",
  "strategy":
    "JSON: `{policies, objectives, warnings}` with the columns of `backup.policies` and `backup.recovery_objectives`, and `next_run_at` of each policy; a warning is `{policy_name, code, message}`.",
  "policies":
    "JSON: as `strategy`.",
  "policies set":
    "JSON: `{policy, warnings}` with the policy as it is now and the warnings about it as text.",
  "policies objectives set":
    "JSON: `{objective}`.",
};
