import type { Queryable } from "../../functions/_shared/database/queryable.ts";
import { lookAtPrimaryBackups } from "../../functions/_shared/verify/look_at_primary_backups.ts";
import { openStorage } from "../../functions/_shared/verify/open_storage.ts";
import { UNLIMITED, verifyBackup, type VerifyBackupDeps } from "../../functions/_shared/verify/verify_backup.ts";
import type { RegisterCommand } from "../command_context.ts";
import { describeHelp, VERDICT_EXIT_CODES } from "../describe_help.ts";
import { exitCodeFor } from "../exit_code_for.ts";
import { returnMemory } from "../return_memory.ts";

export const registerVerify: RegisterCommand = (program, run) => {
  const command = program
    .command("verify")
    .description("verify the newest backup and the database, record the answers and print the report");
  describeHelp(command, "holdfast verify > report.md", VERDICT_EXIT_CODES);
  command.action(async () =>
    run(command, async (context) => {
      const storage = openStorage(context.env);
      const deps = (database: Queryable): VerifyBackupDeps => ({
        database, storage, now: () => performance.now(), lookAtPrimary: (session) => lookAtPrimaryBackups(session, context.env),
      });
      await returnMemory();
      const result = await context.withDatabase((database) =>
        context.withProgress("Verifying", () => verifyBackup(deps(database), "cli", UNLIMITED)),
      );
      if (context.options.json) {
        context.printJson({ verification_id: result.verificationId, verdict: result.verdict, background: result.background, report: result.report, page_key: result.pageKey });
      } else if (result.report !== null) {
        context.print(result.report);
      } else {
        context.note(`Another process still works on verification ${result.verificationId}; see holdfast report ${result.verificationId}.`);
      }
      return exitCodeFor(result.verdict);
    }),
  );
};
