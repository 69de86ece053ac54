import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";
import { objectiveSchema } from "./read_verification.ts";

const backupStrategy = z.object({
  policies: z.array(
    z.object({
      name: z.string(),
      provider: z.string(),
      frequency: z.string(),
      schedule: z.string().nullable(),
      retention_seconds: z.number(),
      storage_class: z.string().nullable(),
      tier: z.string().nullable(),
      enabled: z.boolean(),
      description: z.string(),
      next_run_at: z.string().nullable(),
    }),
  ),
  warnings: z.array(z.object({ policy_name: z.string(), code: z.string(), message: z.string() })),
  objectives: z.array(objectiveSchema),
});

/** The configured strategy: backup.policies with their next runs and warnings, and backup.objectives beside what was measured. */
export type BackupStrategy = z.infer<typeof backupStrategy>;

const SQL = `
  select jsonb_build_object(
    'policies', (select coalesce(jsonb_agg(jsonb_build_object('name', p.name, 'provider', p.provider, 'frequency', p.frequency, 'schedule', p.schedule, 'tier', p.tier,
                   'retention_seconds', extract(epoch from p.retention), 'storage_class', p.storage_class,
                   'enabled', p.enabled, 'description', p.description, 'next_run_at', n.next_run_at) order by p.provider desc, p.retention, p.name), '[]')
                 from backup.policies p left join backup.policy_next_runs() n on n.policy_name = p.name),
    'warnings', (select coalesce(jsonb_agg(to_jsonb(w)), '[]') from backup.policy_warnings() w),
    'objectives', (select coalesce(jsonb_agg(jsonb_build_object('name', o.name, 'met', o.met, 'basis', o.basis,
                     'target_seconds', extract(epoch from o.target), 'measured_seconds', extract(epoch from o.measured)) order by o.name), '[]')
                   from backup.recovery_objectives o)) as strategy`;

export async function readBackupStrategy(database: Queryable): Promise<BackupStrategy> {
  const { rows } = await database.query(SQL);
  return backupStrategy.parse((rows[0] as { strategy: unknown }).strategy);
}
