/**
 * What reading a paste of 5 MB costs, by kind of content: logs with few and with many different IOCs, a list, a CSV, a STIX
 * bundle, and the hostile ones that cost most. Nothing is kept; the preview waits for this.
 *
 *   npm run bench:import
 *
 * Fails when one takes 10 seconds or more.
 */
import Table from 'cli-table3';
import { MAX_CONTENT_BYTES } from '../src/library/ioc/extraction.js';
import { readImport } from '../src/library/ioc/read-import.js';

const GOAL_MS = 10_000;
const RUNS = 3;

function filled(head: string, line: (index: number) => string, tail = ''): string {
  const lines = [head];
  let length = head.length + tail.length;
  for (let index = 0; ; index += 1) {
    const next = line(index);
    length += next.length;
    if (length > MAX_CONTENT_BYTES) return lines.join('') + tail;
    lines.push(next);
  }
}

const address = (index: number): string => `198.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
const log = (variety: number) => (index: number) =>
  `${address(index % variety)} - - [10/Oct/2025:13:55:36 -0700] "GET /a.php?id=${index} HTTP/1.1" 200 2326 "http://ref${index % variety}.example.com/start.html" "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"\n`;
const uuid = (index: number): string => `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;

const contents: Readonly<Record<string, string>> = {
  'web log, 200 clients': filled('', log(200)),
  'web log, every line another': filled('', log(1 << 24)),
  'list of defanged names (up to 20,000)': filled('', (index) => `hxxps://n${index}[.]example[.]com/a\n`),
  'prose without IOCs': filled(
    '',
    () => 'The quick brown fox (jumps) over the lazy dog, e.g. at 12:34:56 in v1.2.3.\n',
  ),
  'CSV with four columns': filled(
    'ip,seen,count,comment\n',
    (index) => `${address(index % 15_000)},2025-01-01,${index},"a, b"\n`,
  ),
  'STIX bundle': filled(
    '{"type":"bundle","id":"bundle--1","objects":[{}',
    (index) =>
      `,{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--${uuid(index)}","value":"${address(index % 15_000)}"}`,
    ']}',
  ),
  'one line of names with paths': filled('', (index) => `a${index}.com/?`),
  'one line of defanged dots': filled('', () => 'a[.]'),
  'networks, each a fault': filled('', (index) => `10.${(index >> 8) & 255}.${index & 255}.0/24 `),
  brackets: filled('', () => '[('),
};

const table = new Table({ head: ['Content', 'MB', 'IOCs', 'Repeated', 'Faults', 'Median ms', 'Worst ms'] });
let isSlow = false;
for (const [name, content] of Object.entries(contents)) {
  const times: number[] = [];
  let counts: (string | number)[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const started = performance.now();
    const { items, repeated, faults, faultsLeftOut } = readImport(content);
    times.push(performance.now() - started);
    counts = [items.filter(({ isRepeated }) => !isRepeated).length, repeated, faults.length + faultsLeftOut];
  }
  times.sort((a, b) => a - b);
  const [median = 0, worst = 0] = [times[RUNS >> 1], times[RUNS - 1]];
  if (median >= GOAL_MS) isSlow = true;
  table.push([name, (content.length / 1e6).toFixed(1), ...counts, median.toFixed(0), worst.toFixed(0)]);
}
console.log(table.toString());
if (isSlow) process.exitCode = 1;
