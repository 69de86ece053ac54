import type { InstallPlan } from "./plan_install.ts";
import { OPTIONAL_SECRETS, REQUIRED_SECRETS } from "./function_secrets.ts";
import { PUSH_COMMAND } from "./push_command.ts";

export interface NextStep {
  readonly title: string;
  /** Commands for the shell, or statements for the SQL editor. */
  readonly run: readonly string[];
  readonly notes: readonly string[];
}

/** What remains to be done by somebody who has the keys: init and upgrade change files and nothing else. */
export function nextSteps({ installed, migrations }: InstallPlan, slugs: readonly string[], hasTsconfig: boolean): NextStep[] {
  const replaced = migrations.filter(({ action }) => action === "replace").map(({ file }) => file.replace(/_.*/, ""));
  const push: NextStep = {
    title: "Apply the migration", run: [PUSH_COMMAND],
    notes: ["Version 2 of the Supabase CLI: without --remote.",
      ...replaced.map((version) => `If the database has applied ${version} before: first drop schema backup cascade in the SQL editor, then npx supabase migration repair --remote --status reverted ${version}`)],
  };
  const deploy: NextStep = { title: "Deploy the functions", run: [`npx supabase functions deploy ${slugs.join(" ")}`],
    notes: hasTsconfig ? ['Add "supabase/holdfast" to "exclude" in tsconfig.json, as for supabase/functions: it is code for Deno.'] : [] };
  const check: NextStep = { title: "Look whether it works", run: ["npx holdfast doctor"], notes: [] };
  if (installed !== null) return [...(migrations.every(({ action }) => action === "keep") ? [] : [push]), deploy, check];
  return [
    {
      title: "Set the secrets of the functions",
      run: [`npx supabase secrets set ${REQUIRED_SECRETS.map((name) => `${name}=…`).join(" ")}`],
      notes: ["Or write them into a file that is not in version control: npx supabase secrets set --env-file <file>", "Optional:",
        ...Object.entries(OPTIONAL_SECRETS).map(([name, meaning]) => `  ${name}: ${meaning}`)],
    },
    push,
    deploy,
    {
      title: "In the SQL editor, with the extensions pg_cron and pg_net on",
      run: [
        "update backup.settings set project_ref = '<ref>', functions_url = 'https://<ref>.supabase.co/functions/v1' where id;",
        "select * from backup.enable();",
        "select backup.run_job('export');",
      ],
      notes: [],
    },
    check,
  ];
}

export function formatNextSteps(steps: readonly NextStep[]): string {
  return steps.map(({ title, run, notes }, at) =>
    [`${at + 1}. ${title}:`, ...run.map((line) => `     ${line}`), ...notes.map((line) => `   ${line}`)].join("\n")).join("\n");
}
