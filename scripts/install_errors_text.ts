import type { ErrorCode } from "../functions/_shared/errors/catalogue.ts";
import type { ErrorText } from "./errors_text.ts";

/** The part of docs/errors.md about holdfast init and holdfast upgrade. */
export const INSTALL_ERRORS_TEXT = {
  HF920: {
    cause: "`holdfast init` and `holdfast upgrade` work on a folder that has `supabase/config.toml`, and this one has none.",
    remedy: "Name the folder of the project, or make it one with `npx supabase init`.",
  },
  HF921: {
    cause: "`supabase/config.toml` is not valid TOML or not UTF-8, or it holds its functions in a form that no table can be added to. Nothing was written.",
    remedy: "Correct what the message names. Functions have to be written as tables, `[functions.<name>]`.",
  },
  HF922: {
    cause: "The project has a function with the name of one of Holdfast's, or a migration that creates a schema `backup` and is none that this version carries.",
    remedy: "Rename your function, its folder and its table in config.toml, or the schema. If the migration is of another build of Holdfast, bring its holdfast.json back from version control, or remove the migration if no database has it.",
  },
  HF923: {
    cause: "Files of Holdfast in the project are not as they were installed, and the version to be installed has changed them too. Nothing was written: half of each version would not run.",
    remedy: "Look at the edits. `--force` overwrites them; `--force --dry-run` shows what would be lost.",
  },
  HF924: {
    cause: "The project and this version of the command do not fit: Holdfast is not installed there, is older, is newer, or was installed from a build whose migration has been rewritten since.",
    remedy: "Do what the hint says. A newer version in the project is never replaced by an older one.",
  },
  HF925: {
    cause: "Where a file or folder of Holdfast has to go, there is something of another kind, or a symbolic link that leads out of the project. Nothing is ever written outside of the folder that was named.",
    remedy: "Move what the message names out of the way.",
  },
  HF926: {
    cause: "Nobody said yes: the question was answered with no, or the command does not run on a terminal and was not given `--yes`. Nothing was written.",
    remedy: "Read what would change, then run the same command with `--yes`.",
  },
} satisfies Partial<Record<ErrorCode, ErrorText>>;
