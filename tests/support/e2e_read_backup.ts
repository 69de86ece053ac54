import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { chunkListSchema, type Manifest, type ManifestTable, parseManifest } from "../../functions/_shared/export/manifest.ts";
import { type Bench, BUCKET } from "./e2e_bench.ts";

/** A backup as a stranger sees it who has bucket, key and gunzip. */
export interface ReadBackup {
  manifest: Manifest;
  /** Every row of every table as COPY text, split into columns, by "schema.table". */
  rows: Map<string, string[][]>;
  /** Keys of the run's folder, relative to it. */
  keys: string[];
}

/** Not the project's own client: what one reads and writes by the same mistake would look right. */
function reader(bench: Bench): S3Client {
  const { endpoint, accessKeyId, secretAccessKey, region } = bench.storage;
  return new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
}

/** Keys below a prefix. */
export async function listKeys(bench: Bench, prefix: string): Promise<string[]> {
  const client = reader(bench);
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix, ContinuationToken: token }));
    keys.push(...(page.Contents ?? []).map((one) => one.Key ?? ""));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  client.destroy();
  return keys;
}

/**
 * Reads a whole backup back: the manifest parses, every object it names is there with its hash and size, and the rows add
 * up to what it claims.
 * @throws AssertionError naming what does not fit
 */
export async function readBackup(bench: Bench, prefix: string): Promise<ReadBackup> {
  const keys = (await listKeys(bench, prefix)).map((key) => key.slice(prefix.length));
  const client = reader(bench);
  const get = async (key: string): Promise<Uint8Array> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: prefix + key }));
    if (Body === undefined) throw new Error(`${key} has no body`);
    return await Body.transformToByteArray();
  };
  const verified = async (object: { key: string; sha256: string; bytes: number }): Promise<Uint8Array> => {
    const bytes = await get(object.key);
    assert.equal(bytes.byteLength, object.bytes, `size of ${object.key}`);
    assert.equal(createHash("sha256").update(bytes).digest("hex"), object.sha256, `sha256 of ${object.key}`);
    return gunzipSync(bytes);
  };
  const manifest = parseManifest(await get("manifest.json"));
  for (const object of manifest.objects) await verified(object);

  const rows = new Map<string, string[][]>();
  for (const table of manifest.tables) {
    const own: string[][] = [];
    for (const chunk of await chunksOf(table, verified)) {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await verified(chunk));
      const lines = text === "" ? [] : text.slice(0, -1).split("\n");
      assert.equal(lines.length, chunk.rows, `rows of ${chunk.key}`);
      for (const line of lines) own.push(line.split("\t"));
    }
    assert.equal(own.length, table.rows, `rows of ${table.schema}.${table.name}`);
    rows.set(`${table.schema}.${table.name}`, own);
  }
  client.destroy();
  return { manifest, rows, keys };
}

type Verified = (object: { key: string; sha256: string; bytes: number }) => Promise<Uint8Array>;

async function chunksOf(table: ManifestTable, verified: Verified): Promise<NonNullable<ManifestTable["chunks"]>> {
  if (table.chunk_list === undefined) return table.chunks ?? [];
  return chunkListSchema.parse(JSON.parse(new TextDecoder().decode(await verified(table.chunk_list))));
}
