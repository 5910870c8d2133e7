/**
 * Runs npm scripts side by side, as many at a time as the machine has cores, in the order given; so the longest come first.
 * What a script prints is shown as a whole when it has ended. Fails when one of them does, after all have ended.
 *
 * Usage, in a script of package.json: `node scripts/side-by-side.mjs lint:code lint:types`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

const npm = process.env.npm_execpath;
if (npm === undefined) throw new Error('Run this by npm: npm run lint.');

const waiting = process.argv.slice(2);
const failed = [];

/** One script after the other, until none waits. */
async function work() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const child = spawn(process.execPath, [npm, 'run', '--silent', name], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    const [code] = await once(child, 'close');
    process.stdout.write(Buffer.concat(output));
    // Without a code it was killed.
    if (code !== 0) failed.push(name);
  }
}

await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
if (failed.length > 0) {
  process.stderr.write(`Failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
