import type { RepositoryFile } from "./repository_files.ts";

/** Passes on what backup.alert_causes() judges, which is read there. */
const PASSES_ON = "sql/functions/settle_alerts.sql";
const JUDGES = "sql/functions/alert_causes.sql";

/** Every cause that the product raises an alert for, and the calls whose cause cannot be read off the text. */
export function raisedCauses(files: readonly RepositoryFile[]): { causes: Set<string>; unreadable: string[] } {
  const causes = new Set<string>();
  const unreadable: string[] = [];
  const product = files.filter(({ path }) => /^(?:sql|functions)\/.*\.(?:sql|ts)$/.test(path) && !path.endsWith("/holdfast_migration.ts"));
  for (const { path, text } of product) {
    for (const [, cause] of text.matchAll(/\b(?:perform|select) backup\.raise_alert\(\s*(?:'(\w+)')?/g)) {
      if (cause !== undefined) causes.add(cause);
      else if (path !== PASSES_ON) unreadable.push(`${path}: raises an alert whose cause is not written there`);
    }
  }
  const judged = files.find(({ path }) => path === JUDGES)?.text ?? "";
  for (const [, cause = ""] of judged.matchAll(/^ {2}select '(\w+)',/gm)) causes.add(cause);
  const objectives = files.find(({ path }) => path === "sql/tables/objectives.sql")?.text ?? "";
  for (const [, end = ""] of judged.matchAll(/^ {2}select o\.name \|\| '(\w+)',/gm)) {
    for (const [, name = ""] of objectives.matchAll(/^ {2}\('(\w+)',/gm)) causes.add(`${name}${end}`);
  }
  return { causes, unreadable };
}

/** Causes that are raised and not explained, to the person who is told and in docs/alerts.md, and those explained and never raised. */
export function checkAlertCauses(files: readonly RepositoryFile[], guide: readonly string[]): string[] {
  const { causes, unreadable } = raisedCauses(files);
  const page = files.find(({ path }) => path === "docs/alerts.md")?.text ?? "";
  const documented = [...page.matchAll(/^### `(\w+)`\n\n(?:Critical|Warning)[.,][^\n]* \*\*Do:\*\* /gm)].map(([, cause = ""]) => cause);
  const missing = (known: readonly string[], where: string) => [...causes].filter((cause) => !known.includes(cause)).map((cause) => `${where}: does not explain ${cause}`);
  const idle = (known: readonly string[], where: string) => known.filter((cause) => !causes.has(cause)).map((cause) => `${where}: explains ${cause}, which nothing raises`);
  return [
    ...unreadable,
    ...missing(guide, "ALERT_GUIDE"), ...missing(documented, "docs/alerts.md"),
    ...idle(guide, "ALERT_GUIDE"), ...idle(documented, "docs/alerts.md"),
  ];
}
