/** What config.toml says of one Edge Function of Holdfast, with the names it uses there. */
export interface FunctionSettings {
  readonly entrypoint: string;
  readonly import_map: string;
  readonly verify_jwt: boolean;
}

/** The keys of a function's table that are ours. Any other, such as `enabled`, is the user's. */
export const SETTING_KEYS = ["entrypoint", "import_map", "verify_jwt"] as const satisfies readonly (keyof FunctionSettings)[];
