import type { RepositoryFile } from "./repository_files.ts";

/** What a file below sql/ lacks of what every object of its kind must say. */
export function checkSqlFile({ path, text }: RepositoryFile): string[] {
  const [, kind = "", name = ""] = /^sql\/(\w+)\/(?:.*\/)?(\w+)\.sql$/.exec(path) ?? [];
  const lacks: string[] = [];
  const need = (what: string, pattern: RegExp): void => {
    if (!pattern.test(text)) lacks.push(`${path}: no ${what}`);
  };

  for (const [, schema = "", routine = ""] of text.matchAll(/^create (?:or replace )?function (\w+)\.(\w+)\s*\(/gm)) {
    need(`comment on function ${schema}.${routine}`, new RegExp(`^comment on function ${schema}\\.${routine}\\(`, "m"));
    need(
      `revoke all on function ${schema}.${routine} … from public`,
      new RegExp(`^revoke all on function ${schema}\\.${routine}\\([^;]*\\) from public\\b`, "m"),
    );
    // A pgTAP function calls the assertions of the extension, wherever it is installed.
    need("set search_path", kind === "pgtap" ? /^\s*set search_path\b/m : /^\s*set search_path = ''/m);
  }
  switch (kind) {
    case "functions":
      need(`create or replace function backup.${name}`, new RegExp(`^create or replace function backup\\.${name}\\s*\\(`, "m"));
      break;
    case "tables":
      need(`create table backup.${name}`, new RegExp(`^create table backup\\.${name}\\b`, "m"));
      need("row level security", new RegExp(`^alter table backup\\.${name} enable row level security;`, "m"));
      need("policy", new RegExp(`^create policy [^;]* on backup\\.${name}\\b`, "m"));
      need("comment on table", new RegExp(`^comment on table\\s+backup\\.${name} is`, "m"));
      break;
    case "views":
      need(`create view backup.${name}`, new RegExp(`^create (?:or replace )?view backup\\.${name}\\b`, "m"));
      need("security_invoker", /with \(security_invoker = true\)/);
      need("comment on view", new RegExp(`^comment on view\\s+backup\\.${name} is`, "m"));
      break;
    case "types":
      need("comment on type", new RegExp(`^comment on type\\s+backup\\.${name} is`, "m"));
      break;
  }
  return lacks;
}
