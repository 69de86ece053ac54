import type pg from "pg";

/** Runs `copy … from stdin` with this text. It stands beside the restore under test, so that neither can excuse the other. */
export function copyIn(client: pg.Client, sql: string, text: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const message = (type: string, payload: Uint8Array): Buffer => {
      const header = Buffer.alloc(5);
      header.write(type);
      header.writeInt32BE(payload.length + 4, 1);
      return Buffer.concat([header, payload]);
    };
    client.query({
      submit: (connection: pg.Connection) => connection.query(sql),
      handleCopyInResponse: (connection: pg.Connection) => {
        connection.stream.write(message("d", text));
        connection.stream.write(message("c", new Uint8Array()));
      },
      handleError: (error: Error) => {
        failure ??= error;
      },
      handleReadyForQuery: () => (failure === undefined ? resolve() : reject(failure)),
      handleCommandComplete: () => undefined,
      handleRowDescription: () => undefined,
      handleDataRow: () => undefined,
      handleEmptyQuery: () => undefined,
      handlePortalSuspended: () => undefined,
    } as pg.Submittable);
  });
}
