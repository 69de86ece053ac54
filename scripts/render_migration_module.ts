const HEADER = `// Built from sql/ by scripts/build_migrations.ts. Do not edit: change sql/ and build again.
/* A module and not a file, since a deployed function has no files beside its code. */

/** The migration that installs Holdfast, word for word. */
export const HOLDFAST_MIGRATION = \``;

/** The migration as a TypeScript module, for code that installs Holdfast where there are no files. */
export function renderMigrationModule(migration: string): string {
  const escaped = migration.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
  return `${HEADER}${escaped}\`;\n`;
}
