import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AREAS } from "../../../cli/doctor/registry.ts";
import { createDoctorWorld, type DoctorWorld, MARK, troubles } from "../../support/doctor_world.ts";

let world: DoctorWorld;
beforeAll(async () => void (world = await createDoctorWorld()));
afterAll(() => world.stop());

describe("runDoctor()", () => {
  it("runDoctor() finds nothing in a good set-up, and has looked at all of it", async () => {
    const t=Date.now();
    const report = await world.doctor();
    console.log(Date.now()-t, JSON.stringify(report.results,null,1));
    expect(troubles(report)).toEqual([]);
    expect(report.verdict).toBe("passed");
  });
});
