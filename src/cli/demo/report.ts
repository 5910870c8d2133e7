import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Table from 'cli-table3';
import type { PlatformSimulator } from '../../simulators/platform/simulator.js';
import type { DemoRun } from './runs.js';

/** The table at the end: what was asked, what VirusTotal says, and what the platform has now. */
export function resultTable(runs: readonly DemoRun[], platform: PlatformSimulator): string {
  const table = new Table({
    head: ['Observable', 'Verdict', 'Score', 'Objects', 'Time'],
    colWidths: [36, 56, 7, 22, 10],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const run of runs) {
    const entity = platform.entity(run.demoCase.entityId);
    table.push([
      `${run.demoCase.entityType}\n${inLines(run.demoCase.label)}`,
      inLines(run.text, 54),
      entity?.score ?? '',
      countTypes(run),
      `${Math.round(run.tookMs)} ms`,
    ]);
  }
  return table.toString();
}

function countTypes(run: DemoRun): string {
  const counts = new Map<string, number>();
  for (const object of run.objects) {
    const type = String(object.type);
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts].map(([type, count]) => `${count} ${type}`).join('\n');
}

/** Breaks words that are too long for a column, which the table would cut off. */
function inLines(text: string, width = 34): string {
  return text.replace(new RegExp(`\\S{${width}}(?=\\S)`, 'g'), '$&\n');
}

/** Writes each bundle that came back as a file of its own, and returns how many. */
export async function writeBundles(runs: readonly DemoRun[], directory: string): Promise<number> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  let written = 0;
  for (const [index, run] of runs.entries()) {
    if (run.objects.length === 0) continue;
    const label = run.demoCase.label.replace(/[^a-z0-9.-]+/gi, '_').slice(0, 40);
    const name = `${String(index + 1).padStart(2, '0')}-${run.demoCase.entityType}-${label}.json`;
    const bundle = {
      type: 'bundle',
      id: `bundle--${run.demoCase.entityId.split('--')[1] ?? ''}`,
      objects: run.objects,
    };
    await writeFile(join(directory, name), `${JSON.stringify(bundle, undefined, 2)}\n`);
    written += 1;
  }
  return written;
}
