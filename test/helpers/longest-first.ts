import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes half a minute and more, some of it waiting: begun last, each would be waited for alone. */
export const LONG: readonly string[] = [
  'connector-secrets',
  'connector-destinations',
  'connector-commands',
  'library-kill',
  'library-page-live',
  'broker-silent',
  'chaos',
  'state-sqlite',
  'connector-dead-letters',
  'connector-quota',
  'connector-recovery',
  'library-postgres',
  'report-shapes',
  'hostile-reports',
  'hostile-messages',
  'read-import',
  'import-reader',
];

/**
 * The order of test files: Vitest's own, with the long ones of each project before the others, since a clean clone has no
 * earlier run that tells how long they take. Projects stay together, as a worker serves one project.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = new Map<string, TestSpecification[]>();
    for (const file of sorted) {
      const name = file.project.name;
      projects.set(name, [...(projects.get(name) ?? []), file]);
    }
    return [...projects.values()].flatMap((ofProject) =>
      ofProject.toSorted((a, b) => rank(a.moduleId) - rank(b.moduleId)),
    );
  }
}

function rank(path: string): number {
  const index = LONG.findIndex((name) => path.endsWith(`/${name}.test.ts`));
  return index === -1 ? LONG.length : index;
}
