import { PUSH_COMMAND } from "../cli/install/push_command.ts";
import type { ErrorCode } from "../functions/_shared/errors/catalogue.ts";
import { INSTALL_ERRORS_TEXT } from "./install_errors_text.ts";
import { STORAGE_ERRORS_TEXT } from "./storage_errors_text.ts";

export interface ErrorText {
  /** What has happened when a caller sees the code. */
  readonly cause: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The prose of docs/errors.md. It stays out of the catalogue, which every function carries in its bundle. */
export const ERRORS_TEXT: Readonly<Record<ErrorCode, ErrorText>> = {
  HF001: {
    cause: "No run has the id that was given.",
    remedy: "List the runs with `select run_id, state from backup.runs order by run_id desc`, or with `holdfast runs`.",
  },
  HF002: {
    cause: "An export is already going on; two at once would double the load and hold two snapshots.",
    remedy: "Wait until it ends; `select * from backup.status` shows how far it is. A run whose keeper died is ended by the minute tick.",
  },
  HF003: {
    cause: "The run is complete or failed, and neither can be taken back. A worker that was slow to notice gets this answer too.",
    remedy: "Start a new run.",
  },
  HF004: {
    cause: "A worker finished a chunk after its lease had run out and another worker had taken it over.",
    remedy: "Nothing: the other worker's result counts. If it happens often, workers are slower than their lease allows; look at the function's limits.",
  },
  HF005: {
    cause: "The session that holds the snapshot could not be started: pg_cron is missing, its job did not run, or the run has a keeper already.",
    remedy: "Check `select * from cron.job_run_details order by start_time desc`, and that pg_cron is installed. Then start a new run.",
  },
  HF006: {
    cause: "No verification has the id that was given, or it has no check of that name.",
    remedy: "List the verifications with `select * from backup.verifications order by verification_id desc`.",
  },
  HF007: {
    cause: "No bucket is configured, so there is no secondary backup that a command or request could work on.",
    remedy: "Set the HOLDFAST_S3_ secrets and call `backup.enable()`.",
  },
  HF008: {
    cause: "Somebody ended the run with `backup.cancel_run()`.",
    remedy: "Nothing has to be done. Objects the run had stored are debris without a manifest. Start another run when you want one.",
  },
  HF100: {
    cause: "The body is not JSON, is too large, or has a field that is not as documented; the details name the field.",
    remedy: "Correct the field that the details name.",
  },
  HF101: {
    cause: "The request brought neither a secret API key of this project nor a ticket that this database issued and nobody has used. "
      + "Tickets of a cloned project, and tickets that are used twice or too late, end here by design.",
    remedy: "Send a secret key in the `apikey` header. For calls from pg_cron, look for the ticket in `backup.tickets`.",
  },
  HF102: {
    cause: "An environment variable or function secret is missing or cannot be understood; the message names it.",
    remedy: "Set the variable that the message names: for functions with `supabase secrets set`, for the command in the shell.",
  },
  HF103: {
    cause: "The function does not answer this HTTP method.",
    remedy: "Use a method that the `Allow` header of the answer lists.",
  },
  HF104: {
    cause: "The database refused the connection, or stopped answering in the middle of the work.",
    remedy: "Check that the project is running and that the database URL is right. A run that was interrupted is taken up by the next tick.",
  },
  HF105: {
    cause: "The database has no schema `backup`, or an older one than this version of the command needs.",
    remedy: `In the folder of the project: \`npx holdfast init\`, or \`npx holdfast upgrade\` where it is installed, then \`${PUSH_COMMAND}\`. Or name the right database with \`--database-url\`.`,
  },
  HF106: {
    cause: "The command works as the role of its database URL, and the database does not let that role do what it has to. Schema `backup` belongs to the role that applied the migrations and is open to no other but `service_role`.",
    remedy: "Connect as the role that applied the migrations, which is `postgres`. `holdfast doctor` tells what another role lacks.",
  },
  ...STORAGE_ERRORS_TEXT,
  HF300: {
    cause: "The session that held the run's snapshot has ended: killed, timed out, or the database was restarted. "
      + "What is left to read would come from another moment, so the run cannot go on.",
    remedy: "Start a new run; the schedule does so by itself. If it happens often, look for what ends long sessions.",
  },
  HF301: {
    cause: "VACUUM FULL, CLUSTER, TRUNCATE or a rewriting ALTER TABLE replaced a table's storage after the snapshot, and its rows are no longer what the snapshot saw.",
    remedy: "Start a new run when the maintenance is done; keep such work out of the hours of the export.",
  },
  HF302: {
    cause: "The schema at the end of the export is not the one that was captured at its start: a migration ran in between.",
    remedy: "Start a new run after the migration.",
  },
  HF303: {
    cause: "The rows copied at once take more memory than the worker may use. Their range is split until it fits, so a run that ends with this code has one row that is larger by itself.",
    remedy: "Run `holdfast backup`, which has no such limit, or move large values to storage.",
  },
  HF304: {
    cause: "The rows that were copied are not as many as the server reported or the snapshot holds.",
    remedy: "Start a new run. If it happens again, report it with the row of `backup.run_tables`: it is a fault in Holdfast or the server.",
  },
  HF305: {
    cause: "The role that exports may not read a table, a sequence or the role passwords, or a row security policy would have hidden rows from it.",
    remedy: "Grant the right that the message names to the role that runs the export.",
  },
  HF306: {
    cause: "The manifest cannot be read: it is damaged, or of a format version this tool does not know.",
    remedy: "Use a version of Holdfast at least as new as the one that wrote the backup. If the version is right, do not count on this backup.",
  },
  HF307: {
    cause: "Every attempt at one chunk ended without a result: its workers were killed or did not come back.",
    remedy: "Look at the logs of `export-backup` for the memory and CPU limits, then start a new run.",
  },
  HF308: {
    cause: "Before the manifest is written the bucket is listed once more, and an object of the run is missing or has another size. The run fails instead of claiming what is not there.",
    remedy: "Check the bucket's lifecycle rules and who may delete below the prefix, then start a new run.",
  },
  HF900: {
    cause: "A local stack already runs in this folder.",
    remedy: "Use it, or stop it with Ctrl-C where it was started.",
  },
  HF901: {
    cause: "The PostgreSQL that HOLDFAST_PG asks for is not installed.",
    remedy: "Run `npm ci` for the embedded one, or install PostgreSQL 15 or later for `HOLDFAST_PG=system`.",
  },
  HF902: {
    cause: "The local PostgreSQL ended while it started; the details hold the end of its log.",
    remedy: "Read the log. After a crash, removing the `.holdfast` folder makes a new cluster.",
  },
  HF903: {
    cause: "A migration could not be applied; the details hold the answer of the server.",
    remedy: "If `sql/` was changed, run `npm run build:migrations`. On a database of your own, check that no other schema is called `backup`.",
  },
  HF904: {
    cause: "The local functions host did not answer in time after it was started.",
    remedy: "Read its log below `.holdfast`; a function that does not compile ends here.",
  },
  HF906: {
    cause: "The demo was given a database whose schema `backup` was made by another version of this checkout. The demo changes nothing there.",
    remedy: "Run the checkout it came from, or drop the schemas `backup` and `backup_tests` and run the demo again; the backups in the bucket stay.",
  },
  HF905: {
    cause: "A run or verification that the demo asked for did not start or end in time.",
    remedy: "Read `.holdfast/logs/stack.log` and `select * from backup.job_runs;`.",
  },
  HF910: {
    cause: "A file that a command was told to write cannot be written: its folder does not exist, or belongs to somebody else.",
    remedy: "Name another file with `--output`, or run the command as somebody who may write there. `holdfast init` and `holdfast upgrade` go on where they were stopped.",
  },
  ...INSTALL_ERRORS_TEXT,
  HF500: {
    cause: "The bucket has no restore point with that run id, or none whose proof passed, or several projects and none was named.",
    remedy: "List what there is with `holdfast restore --list`, and name a run or a project.",
  },
  HF501: {
    cause: "An object that the manifest names is not in the bucket, or its bytes are not those that were stored. Nothing of it was written to the target.",
    remedy: "Restore from another run. `--skip-damaged` restores everything else and lists which rows are lost.",
  },
  HF502: {
    cause: "The target is the database that was backed up, or it has tables already, or the backup needs another server. Or the target has event triggers that DDL would call, or triggers or foreign keys of tables that would fire for the rows: these may reach outward, and change what is restored.",
    remedy: "Name an empty database. To restore into one that has tables, repeat its name with `--into-existing`. What would fire is named: disable it for the restore and enable it again, or restore as a role that may set `session_replication_role`.",
  },
  HF503: {
    cause: "The target holds an unfinished restore of another backup, or it was changed since the restore was interrupted.",
    remedy: "Finish that restore with the run it names, or start again in an empty database.",
  },
  HF504: {
    cause: "The server refused a statement that makes an object of the schema. The details hold its answer and name the object.",
    remedy: "Remove what stands in its way in the target and call the restore again: it continues. An object the target cannot have can be left out with `--only` or `--schema`.",
  },
  HF505: {
    cause: "The server refused rows of a table, or took fewer than were sent. The rows of that object were rolled back.",
    remedy: "Read the details, remove the reason, and call the restore again: it continues with the objects that are missing.",
  },
  HF506: {
    cause: "A check of the restored database failed; the proof names what differs.",
    remedy: "Read the report of the proof. Do not use the restored database before every difference is explained.",
  },
  HF507: {
    cause: "A drill is going on already, or none has the id that was given.",
    remedy: "Wait for it, or list drills with `select * from backup.drills order by started_at desc`.",
  },
  HF508: {
    cause: "A schema or table was named with --only or --schema that the restore point does not have.",
    remedy: "Check the spelling and quote names with special characters as in SQL; `holdfast restore --dry-run` lists the tables.",
  },
  HF520: {
    cause: "Several workers took the same step of a restore drill and died without a word: out of CPU time, memory or wall clock.",
    remedy: "See which step it was in `backup.drill_steps`, and what became of its invocation in the logs of function `restore-drill`. `holdfast drill` does the same without the limits of functions.",
  },
  HF521: {
    cause: "A restore drill went on for longer than `backup.settings.drill_timeout`, or somebody ended it.",
    remedy: "See in `backup.drill_steps` how far it came. Raise the setting for a large database, or use `holdfast drill`.",
  },
  HF522: {
    cause: "A worker reported about a drill that was over, failed or cancelled.",
    remedy: "Nothing: the drill has its verdict. Start another one to see it again.",
  },
  HF523: {
    cause: "A worker finished a step of a drill after its lease had run out and another worker had taken it over.",
    remedy: "Nothing: the other worker's result counts. If it happens often, raise `backup.settings.lease_seconds`.",
  },
  HF524: {
    cause: "The end of a drill was reported while steps of it were left.",
    remedy: "This is a defect; report it with the rows of `backup.drill_steps`.",
  },
  HF700: {
    cause: "An entry of `HOLDFAST_AGE_RECIPIENTS` is not the public key of an age X25519 key pair. It is named by its position, because it may be a private key that was pasted by mistake.",
    remedy: "Set the line that `age-keygen` prints as public key (`age1…`). If it was a private key: it is known to the platform now, so make another pair, and remove the old one.",
  },
  HF701: {
    cause: "The objects of this backup are encrypted, and no identity was given. Nothing was written.",
    remedy: "Name the private file of `age-keygen` with `--identity <file>` or in `HOLDFAST_AGE_IDENTITY_FILE`. The message lists the public keys it may belong to.",
  },
  HF702: {
    cause: "None of the given identities belongs to a recipient of this backup. After a rotation, old backups open with the old identity only. Nothing was written.",
    remedy: "Find the identity whose public key the message lists; `age-keygen -y <file>` prints the public key of a file. `--identity` can be repeated.",
  },
  HF703: {
    cause: "The identity file is missing, empty, protected by a passphrase, of a kind that is not supported, or the key itself was given in place of a file.",
    remedy: "Give the name of a file as `age-keygen` writes it. Decrypt one that has a passphrase first, with `age -d`. A key that was typed on a command line is in the history of the shell: consider it known.",
  },
  HF704: {
    cause: "A proof that an escrowed key opens a backup was asked for, or recorded, for a backup that is not encrypted, or not to that key.",
    remedy: "Set `HOLDFAST_AGE_RECIPIENTS`, make a backup, and run `holdfast verify-key` for it.",
  },
  HF810: {
    cause: "A policy or objective of the strategy was named that there is none of.",
    remedy: "List them with `holdfast policies`.",
  },
  HF811: {
    cause: "A retention, schedule, storage class or target is not readable or cannot be meant. Nothing was changed.",
    remedy: "Follow the hint; it says what to write instead.",
  },
  HF600: {
    cause: "Retention was asked for, and no policy of `backup.policies` gives a tier of exports a retention. Deciding without one would expire every backup.",
    remedy: "Set one: `holdfast policies set secondary_weekly --retention \"90 days\"`.",
  },
  HF601: {
    cause: "`backup.settings.object_lock` asks for Object Lock, and the storage did not keep the lock: the bucket was made without it, the server does not know it, or the key may not set or see it. No manifest was written.",
    remedy: "Make a bucket with Object Lock and give the key `s3:PutObjectRetention` and `s3:GetObjectRetention`, or set `object_lock` to null.",
  },
  HF602: {
    cause: "A process that deletes an expired run lost its lease, and another one has taken over.",
    remedy: "Nothing: the other process goes on. `holdfast retention` shows how each run stands.",
  },
  HF603: {
    cause: "Objects are in GLACIER or DEEP_ARCHIVE and no copy of them can be read at the moment. Nothing was written to a target.",
    remedy: "Call the same with `--thaw`: it asks the storage for every object that is needed, waits as long as the class needs, and goes on. Interrupted, the same call goes on. Or use a run that is not archived.",
  },
  HF604: {
    cause: "The server of the bucket does not know RestoreObject, so it cannot be asked for archived objects.",
    remedy: "Thaw them with the tools of the provider, or copy them into another storage class, and call again without `--thaw`.",
  },
  HF605: {
    cause: "Expedited retrieval was asked for objects in DEEP_ARCHIVE, which offers Standard and Bulk only, or the storage has no capacity for it at the moment.",
    remedy: "Use `--thaw-tier Standard` or `Bulk`. For GLACIER, Expedited may be there later; provisioned capacity makes sure.",
  },
  HF606: {
    cause: "The copy that the storage made of an archived object expired while it was being restored. What is loaded stays.",
    remedy: "Call the same with `--thaw` again, with more `--thaw-days`: it asks for what is left and goes on where it stopped.",
  },
  HF607: {
    cause: "Retention was asked to delete by another project than the one whose backups the ledger lists (`bucket_owner` of `backup.settings`): the database is a physical copy of that project, or the project has moved. "
      + "Nothing was marked or deleted, and the alert `bucket_of_another` is open.",
    remedy: "In a copy, set `project_ref` in `backup.settings` to its own and take the secrets of the source's bucket away; then run `select backup.take_over_bucket('<its own ref>');`, which gives up the runs of the source. "
      + "Where the project has moved for good, the second statement alone is enough. The command tells the project by the database URL: use `db.<ref>.supabase.co` or the pooler with `postgres.<ref>`.",
  },
};
