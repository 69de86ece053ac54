import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../functions/_shared/config/parse_config.ts";

const URL_A = "postgresql://postgres:pw@db.example.com:5432/postgres";
const URL_B = "postgres://postgres:pw@pooler.example.com:6543/postgres";

/** Made for this test; its key was thrown away. */
const CA = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUKO/DpZ2NrnltSQt8S80qua5TTaowCgYIKoZIzj0EAwIw
IjEgMB4GA1UEAwwXaG9sZGZhc3QgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTI0MDIx
MjU3WhgPMjEyNjEwMzEwMjEyNTdaMCIxIDAeBgNVBAMMF2hvbGRmYXN0IHRlc3Qg
YXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE01CamqtxhQJdBbkR
4SrJ6fFJC3DubGgS2JViLXUSLO+PhbPAVfqh87LZNrdnxc6sHeb5eJCa2hP0nUbT
XVGeXaNTMFEwHQYDVR0OBBYEFNMKRuAOJxrkH0QoIKqa5cZ2DqytMB8GA1UdIwQY
MBaAFNMKRuAOJxrkH0QoIKqa5cZ2DqytMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDRwAwRAIgZ4pAbGNib+9aJ18zyAkylG4SbAFErVeC4yP7RQSkFgUCIAxP
9gzQlGokFTFHrY+E9XGvXE+Zxg8OdEiT7uiXYnsG
-----END CERTIFICATE-----
`;

describe("parseConfig()", () => {
  it("parseConfig() prefers HOLDFAST_DB_URL to the injected URL", () => {
    expect(parseConfig({ SUPABASE_DB_URL: URL_A }).databaseUrl).toBe(URL_A);
    expect(parseConfig({ SUPABASE_DB_URL: URL_A, HOLDFAST_DB_URL: URL_B }).databaseUrl).toBe(URL_B);
    expect(parseConfig({ SUPABASE_DB_URL: URL_A, HOLDFAST_DB_URL: "" }).databaseUrl).toBe(URL_A);
  });

  it("parseConfig() takes every key of the dictionary and then the legacy one", () => {
    const env = { SUPABASE_DB_URL: URL_A, SUPABASE_SECRET_KEYS: '{"default":"sb_secret_1","ci":"sb_secret_2"}', SUPABASE_SERVICE_ROLE_KEY: "legacy" };
    expect(parseConfig(env).secretKeys).toEqual(["sb_secret_1", "sb_secret_2", "legacy"]);
  });

  it("parseConfig() never counts publishable or anon keys as secret", () => {
    const env = { SUPABASE_DB_URL: URL_A, SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_1"}', SUPABASE_ANON_KEY: "anon" };
    expect(parseConfig(env).secretKeys).toEqual([]);
  });

  it("parseConfig() takes one or several certificates, also with written line ends", () => {
    expect(parseConfig({ SUPABASE_DB_URL: URL_A }).databaseCa).toBeUndefined();
    expect(parseConfig({ SUPABASE_DB_URL: URL_A, HOLDFAST_DB_CA: "" }).databaseCa).toBeUndefined();
    expect(parseConfig({ SUPABASE_DB_URL: URL_A, HOLDFAST_DB_CA: CA }).databaseCa).toBe(CA);
    expect(parseConfig({ SUPABASE_DB_URL: URL_A, HOLDFAST_DB_CA: `# root\n${CA}${CA}` }).databaseCa).toBe(`# root\n${CA}${CA}`);
    expect(parseConfig({ SUPABASE_DB_URL: URL_A, HOLDFAST_DB_CA: CA.replaceAll("\n", "\\n") }).databaseCa).toBe(CA);
  });

  it.each([
    ["SUPABASE_DB_URL", {}],
    ["HOLDFAST_DB_CA", { SUPABASE_DB_URL: URL_A, HOLDFAST_DB_CA: "/etc/ssl/hunter2.pem" }],
    ["HOLDFAST_DB_CA", { SUPABASE_DB_URL: URL_A, HOLDFAST_DB_CA: CA.replace("MII", "hunter2MII") }],
    ["HOLDFAST_DB_CA", { SUPABASE_DB_URL: URL_A, HOLDFAST_DB_CA: CA + CA.slice(0, 200) }],
    ["HOLDFAST_DB_CA", { SUPABASE_DB_URL: URL_A, HOLDFAST_DB_CA: CA.replaceAll("CERTIFICATE", "PRIVATE KEY") }],
    ["SUPABASE_DB_URL", { SUPABASE_DB_URL: "mysql://root:hunter2@h/x" }],
    ["HOLDFAST_DB_URL", { SUPABASE_DB_URL: URL_A, HOLDFAST_DB_URL: "hunter2" }],
    ["SUPABASE_SECRET_KEYS", { SUPABASE_DB_URL: URL_A, SUPABASE_SECRET_KEYS: "hunter2" }],
    ["SUPABASE_SECRET_KEYS", { SUPABASE_DB_URL: URL_A, SUPABASE_SECRET_KEYS: '["hunter2"]' }],
    ["SUPABASE_SECRET_KEYS", { SUPABASE_DB_URL: URL_A, SUPABASE_SECRET_KEYS: '{"default":""}' }],
  ])("parseConfig() names %s with HF102 and never its value", (name, env) => {
    const error = catchError(() => parseConfig(env));
    expect(error).toMatchObject({ code: "HF102" });
    expect(JSON.stringify(error)).toContain(name);
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });
});

function catchError(task: () => unknown): unknown {
  try {
    task();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
