import type { Client } from "pg";
import type { Backup } from "../restore/backup_source.ts";
import type { DrillLedger, DrillResult, DrillRow, DrillSettings, PlannedStep } from "./drill_ledger.ts";

/** What the steps of a drill work with, within one invocation. */
export interface DrillContext {
  ledger: DrillLedger;
  /** Another session with the project's own database, for what takes long; whoever opens it closes it. */
  connect(applicationName: string): Promise<Client>;
  drill: DrillRow;
  settings: DrillSettings;
  /** The restore point, read once per invocation; opened, where it is encrypted. Throws HF701 and HF702 as `unsealBackup`. */
  backup(): Promise<Backup>;
  /** The session with the scratch database that steps share. */
  scratch(): Promise<Client>;
  /** Another session with it; whoever opens it closes it. */
  connectScratch(applicationName: string): Promise<Client>;
}

/** What a step has done. */
export interface StepOutcome {
  /** Bytes of rows or of text that cost CPU time; what an invocation may spend is counted in them. */
  bytes?: number;
  /** Kept in the ledger for later steps. */
  result?: unknown;
  /** Worked on after all steps that are there. */
  append?: readonly PlannedStep[];
  /** The end of the drill, as its last step. */
  finish?: DrillResult;
  /** Why the drill cannot go on, which says nothing about the backup. */
  skip?: string;
}
