import { describe, expect, it } from "vitest";
import { clientConfig, isPrivateHost, isUnverified } from "../../../../functions/_shared/database/client_config.ts";

const of = (url: string, ca?: string) => clientConfig(url, { applicationName: "holdfast test", ca });

describe("clientConfig()", () => {
  it("clientConfig() decodes every part of the URL", () => {
    expect(of("postgresql://us%40er:p%2Fw%23@db.example.com:6543/my%20db?sslmode=disable")).toMatchObject({
      host: "db.example.com", port: 6543, user: "us@er", password: "p/w#", database: "my db", ssl: false, application_name: "holdfast test",
    });
  });

  it("clientConfig() takes a socket directory and a port from the query", () => {
    expect(of("postgresql:///x?host=/var/run&port=5433&user=me")).toMatchObject({ host: "/var/run", port: 5433, user: "me", database: "x", ssl: false });
  });

  it("clientConfig() encrypts to hosts outside the private network unless told otherwise", () => {
    expect(of("postgres://u@db.example.com/x").ssl).toEqual({ rejectUnauthorized: false });
    expect(of("postgres://u@8.8.8.8/x").ssl).toEqual({ rejectUnauthorized: false });
    expect(of("postgres://u@127.0.0.1/x").ssl).toBe(false);
    expect(of("postgres://u@db/x").ssl).toBe(false);
    expect(of("postgres://u@[::1]:5432/x")).toMatchObject({ host: "::1", ssl: false });
  });

  it.each(["prefer", "allow", "require"])("clientConfig() does not fall back to plain text with sslmode=%s", (mode) => {
    expect(of(`postgres://u@127.0.0.1/x?sslmode=${mode}`).ssl).toEqual({ rejectUnauthorized: false });
  });

  it("clientConfig() verifies the certificate when asked to or when it has the authority", () => {
    expect(of("postgres://u@127.0.0.1/x?sslmode=verify-full").ssl).toEqual({ rejectUnauthorized: true });
    expect(of("postgres://u@db.example.com/x", "PEM").ssl).toEqual({ rejectUnauthorized: true, ca: "PEM" });
    expect(of("postgres://u@db.example.com/x?sslmode=verify-ca", "PEM").ssl).toEqual({ rejectUnauthorized: true, ca: "PEM" });
  });

  it("clientConfig() verifies with the system's authorities for sslrootcert=system, and never leaves the file of another one out in silence", () => {
    expect(of("postgres://u@db.example.com/x?sslrootcert=system").ssl).toEqual({ rejectUnauthorized: true });
    expect(() => of("postgres://u@db.example.com/x?sslmode=require&sslrootcert=system")).toThrow(expect.objectContaining({ code: "HF102" }));
    expect(() => of("postgres://u@db.example.com/x?sslmode=require&sslrootcert=/etc/ca.pem")).toThrow(expect.objectContaining({ code: "HF102", hint: expect.stringContaining("HOLDFAST_DB_CA") }));
    expect(of("postgres://u@db.example.com/x?sslmode=require&sslrootcert=/etc/ca.pem", "PEM").ssl).toEqual({ rejectUnauthorized: true, ca: "PEM" });
  });

  it.each(["aws-0-eu-central-1.pooler.supabase.com", "db.abcdefghijklmnopqrst.supabase.co"])(
    "clientConfig() refuses the transaction pooler on %s with HF102, which would give the application sessions with the settings of a backup", (host) => {
      expect(() => of(`postgres://u:hunter2@${host}:6543/postgres`)).toThrow(expect.objectContaining({ code: "HF102", message: expect.stringContaining("transaction pooler"), hint: expect.stringContaining("5432") }));
      expect(of(`postgres://u@${host}:5432/postgres`)).toMatchObject({ host, port: 5432 });
    });

  it("clientConfig() asks early whether a silent server is still there", () => {
    expect(of("postgres://u@db.example.com/x")).toMatchObject({ keepAlive: true, keepAliveInitialDelayMillis: 30_000 });
  });

  it("clientConfig() rejects an unknown sslmode and a broken URL with HF102 without quoting them", () => {
    expect(() => of("postgres://u:hunter2@h/x?sslmode=maybe")).toThrow(expect.objectContaining({ code: "HF102", message: expect.not.stringContaining("hunter2") }));
    expect(() => of("hunter2")).toThrow(expect.objectContaining({ code: "HF102", message: expect.not.stringContaining("hunter2") }));
  });
});

describe("isUnverified()", () => {
  it("isUnverified() tells when TLS is used without anybody having said whether to verify", () => {
    const unverified = (url: string, ca?: string) => isUnverified(url, ca);
    expect(unverified("postgres://u@db.example.com/x")).toBe(true);
    for (const url of ["postgres://u@db.example.com/x?sslmode=require", "postgres://u@db.example.com/x?sslmode=verify-full", "postgres://u@127.0.0.1/x", "postgres://u@db.example.com/x?sslrootcert=system"]) {
      expect(unverified(url), url).toBe(false);
    }
    expect(unverified("postgres://u@db.example.com/x", "PEM")).toBe(false);
  });
});

describe("isPrivateHost()", () => {
  it.each([["10.0.0.1", true], ["172.16.9.9", true], ["172.32.0.1", false], ["192.168.1.1", true], ["localhost", true], ["kong", true],
    ["10.evil.example.com", false], ["127.0.0.1.example.com", false], ["db.abc.supabase.co", false], ["2130706433", false]])(
    "isPrivateHost() tells about %s: %s", (host, expected) => expect(isPrivateHost(host)).toBe(expected));
});
