import { afterEach, beforeEach, expect, it } from 'vitest';
import { startVirusTotalSimulator, type VirusTotalSimulator } from '../server.js';
import { inventReports } from './invented-reports.js';

let simulator: VirusTotalSimulator;

beforeEach(async () => {
  simulator = await startVirusTotalSimulator({ invent: inventReports(new Date('2026-01-01T00:00:00Z')) });
});

afterEach(() => simulator.close());

interface Answer {
  readonly status: number;
  readonly id: string | undefined;
  readonly malicious: number | undefined;
  readonly related: readonly string[];
}

async function ask(path: string, relationships = ''): Promise<Answer> {
  const response = await fetch(`${simulator.url}${path}?relationships=${relationships}`, {
    headers: { 'x-apikey': 'a'.repeat(64) },
  });
  const { data } = (await response.json()) as {
    data?: {
      id: string;
      attributes: { last_analysis_stats: { malicious: number } };
      relationships?: Record<string, { data: { id: string }[] | { id: string } | null }>;
    };
  };
  const related = Object.values(data?.relationships ?? {}).flatMap(({ data: one }) => one ?? []);
  return {
    status: response.status,
    id: data?.id,
    malicious: data?.attributes.last_analysis_stats.malicious,
    related: related.map(({ id }) => id),
  };
}

const names = Array.from({ length: 60 }, (_, index) => `host-${index}.example.net`);

it('gives names of all sorts, the same at each look', async () => {
  const answers = await Promise.all(names.map((name) => ask(`/domains/${name}`)));
  expect(await Promise.all(names.map((name) => ask(`/domains/${name}`)))).toEqual(answers);
  const counts = answers.map(({ malicious }) => malicious);
  expect(counts.filter((count) => count === undefined).length).toBeGreaterThan(0);
  expect(counts.filter((count) => count === 0).length).toBeGreaterThan(5);
  expect(counts.filter((count) => count !== undefined && count > 0 && count < 6).length).toBeGreaterThan(2);
  expect(counts.filter((count) => count !== undefined && count > 5).length).toBeGreaterThan(5);
});

it.each([32, 40, 64])('gives a file by a hash of %i digits', async (length) => {
  const hashes = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((digit) => digit.repeat(length));
  const answers = await Promise.all(hashes.map((hash) => ask(`/files/${hash}`)));
  const known = answers.filter(({ status }) => status === 200);
  expect(known.length).toBeGreaterThan(2);
  if (length === 64) expect(known.every(({ id }) => hashes.includes(id ?? ''))).toBe(true);
});

it('gives URLs and addresses', async () => {
  const urls = Array.from({ length: 20 }, (_, index) =>
    Buffer.from(`http://x.example.net/${index}`).toString('base64url'),
  );
  const answers = await Promise.all(urls.map((id) => ask(`/urls/${id}`)));
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(8);
  expect((await ask('/ip_addresses/198.51.100.7')).status).toBe(200);
});

it('relates what is malicious to hosts that the product takes for public ones', async () => {
  const answers = await Promise.all(
    names.map((name) => ask(`/domains/${name}`, 'resolutions,communicating_files')),
  );
  const malicious = answers.filter((answer) => (answer.malicious ?? 0) > 0);
  expect(malicious.length).toBeGreaterThan(10);
  expect(
    malicious.every(({ related }) => related.length === 2 && related[0]?.startsWith('1.2.3.') === true),
  ).toBe(true);
  expect(
    answers.filter(({ malicious: count }) => count === 0).every(({ related }) => related.length === 0),
  ).toBe(true);
});
