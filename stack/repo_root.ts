import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout this code runs from; every path of the stack is relative to it. The bundle of the command lies as deep below it as this file. */
export const REPO_ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
