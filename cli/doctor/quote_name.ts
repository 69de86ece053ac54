/** A name as SQL takes it, whatever letters it has. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
