/**
 * The age library, loaded when the first object is encrypted or opened. Measured under Deno 2.1.4: loading it takes 60 ms of
 * CPU time, which functions of a project without encryption should not spend.
 */
export function loadAge(): Promise<typeof import("age-encryption")> {
  return import("age-encryption");
}
