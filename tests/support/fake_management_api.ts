import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { z } from "zod";

const Metadata = z.object({
  name: z.string(),
  entrypoint_path: z.string(),
  import_map_path: z.string().optional(),
  static_patterns: z.array(z.string()).optional(),
  verify_jwt: z.boolean(),
});

/** What one function's upload contained; file names are relative to the repository. */
export interface Deployment {
  readonly slug: string;
  readonly metadata: z.infer<typeof Metadata>;
  readonly files: ReadonlyMap<string, Buffer>;
}

export interface FakeManagementApi {
  readonly url: string;
  readonly accessToken: string;
  readonly deployments: ReadonlyMap<string, Deployment>;
  /** Requests that were answered with anything but success, as "METHOD path: status". */
  readonly refusals: readonly string[];
  close(): Promise<void>;
}

const DEPLOY_PATH = /^\/v1\/projects\/[a-z]{20}\/functions\/deploy$/;
const BULK_UPDATE_PATH = /^\/v1\/projects\/[a-z]{20}\/functions$/;
const PROJECT_PATH = /^\/v1\/projects\/[a-z]{20}$/;

/** Speaks the part of Supabase's Management API that `supabase functions deploy --use-api` calls, on loopback. */
export async function startFakeManagementApi(): Promise<FakeManagementApi> {
  const accessToken = `sbp_${"0123456789".repeat(4)}`;
  const deployments = new Map<string, Deployment>();
  const refusals: string[] = [];
  const server = createServer((request, response) => {
    answer(request, accessToken, deployments).then(
      ({ status, body }) => {
        if (status >= 400) refusals.push(`${request.method} ${request.url}: ${status}`);
        send(response, status, body);
      },
      (error: unknown) => send(response, 500, { message: String(error) }),
    );
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, accessToken, deployments, refusals, close: () => close(server) };
}

async function answer(
  request: IncomingMessage,
  accessToken: string,
  deployments: Map<string, Deployment>,
): Promise<{ status: number; body: unknown }> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const body = await readBody(request);
  if (request.headers.authorization !== `Bearer ${accessToken}`) return { status: 401, body: { message: "Unauthorized" } };

  if (request.method === "POST" && DEPLOY_PATH.test(url.pathname)) {
    const slug = url.searchParams.get("slug") ?? "";
    const deployment = await parseUpload(slug, request.headers["content-type"] ?? "", body);
    if (!deployment.files.has(deployment.metadata.entrypoint_path)) {
      return { status: 400, body: { message: "Entrypoint path does not exist" } };
    }
    deployments.set(slug, deployment);
    return { status: 201, body: describe(deployment) };
  }
  if (request.method === "PUT" && BULK_UPDATE_PATH.test(url.pathname)) {
    return { status: 200, body: { functions: [...deployments.values()].map(describe) } };
  }
  if (request.method === "GET" && BULK_UPDATE_PATH.test(url.pathname)) {
    return { status: 200, body: [...deployments.values()].map(describe) };
  }
  if (request.method === "GET" && PROJECT_PATH.test(url.pathname)) {
    return { status: 200, body: { id: url.pathname.split("/")[3], name: "holdfast", region: "eu-central-1", status: "ACTIVE_HEALTHY" } };
  }
  return { status: 404, body: { message: `Cannot ${request.method} ${url.pathname}` } };
}

async function parseUpload(slug: string, contentType: string, body: Buffer): Promise<Deployment> {
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": contentType } }).formData();
  const files = new Map<string, Buffer>();
  for (const file of form.getAll("file")) {
    if (typeof file === "string") throw new Error("an uploaded file has no name");
    // Undici keeps the directories of a file name; the upload is about paths, so they must be there.
    files.set(file.name, Buffer.from(await file.arrayBuffer()));
  }
  const metadata = form.get("metadata");
  if (typeof metadata !== "string") throw new Error("the upload has no metadata");
  return { slug, metadata: Metadata.parse(JSON.parse(metadata)), files };
}

function describe({ slug, metadata }: Deployment): Record<string, unknown> {
  return {
    id: "11111111-1111-4111-8111-111111111111",
    slug,
    name: metadata.name,
    status: "ACTIVE",
    version: 1,
    created_at: 1,
    updated_at: 1,
    verify_jwt: metadata.verify_jwt,
    entrypoint_path: metadata.entrypoint_path,
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("the server has no port"));
      else resolve(address.port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
