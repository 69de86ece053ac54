/** Applies the migrations of a project to its database. Version 3 of the Supabase CLI means the local one unless it is told. */
export const PUSH_COMMAND = "npx supabase db push --remote";
