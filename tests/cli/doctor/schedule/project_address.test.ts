import { describe, expect, it } from "vitest";
import { refOf, refOfDatabase } from "../../../../cli/doctor/schedule/project_address.ts";
import { DoctorSession } from "../../../../cli/doctor/doctor_session.ts";

const REF = "abcdefghijklmnopqrst";

describe("refOf()", () => {
  it("refOf() knows a hosted project by the addresses of its database, pooler and functions", () => {
    for (const address of [`db.${REF}.supabase.co`, `https://${REF}.supabase.co/functions/v1`, `postgres.${REF}`]) expect(refOf(address), address).toBe(REF);
    for (const address of ["db.example.com", "postgres", "https://supabase.co", `https://${REF}.example.com`, undefined]) expect(refOf(address), address).toBeNull();
    expect(refOf("127.0.0.1", `postgres.${REF}`)).toBe(REF);
  });
});

describe("refOfDatabase()", () => {
  it("refOfDatabase() reads host and user of the URL", () => {
    const of = (url: string) => refOfDatabase(new DoctorSession({ env: {}, databaseUrl: () => url }));
    expect(of(`postgresql://postgres:x@db.${REF}.supabase.co:5432/postgres`)).toBe(REF);
    expect(of(`postgresql://postgres.${REF}:x@aws-0-eu-central-1.pooler.supabase.com:5432/postgres`)).toBe(REF);
    expect(of("postgresql://postgres:x@127.0.0.1/postgres")).toBeNull();
  });
});
