/** Roles that own what the hosted platform makes; nobody of a project can act as one of them. */
export const PLATFORM_OWNER = /^supabase_(\w+_)?admin$/;
