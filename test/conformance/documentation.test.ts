import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declaredOptions, namesWithoutEffect } from '../../src/config/schema.js';
import { commandsOfTheProgram, isKnownVariable, read, root } from '../helpers/project-facts.js';

/** The documentation says only what the code does. */

const GUIDES = [
  'README.md',
  ...['docs', 'docs/mapping'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];
const commands = await commandsOfTheProgram();

describe.each(GUIDES)('%s', (guide) => {
  const text = read(guide);
  const prose = withoutCode(text);

  it('links only to files and headings that exist', () => {
    const broken = [...prose.matchAll(/\]\(<?([^)>\s]+)>?\)/g)]
      .map(([, target]) => target ?? '')
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? guide : normalize(join(dirname(guide), path));
        if (!existsSync(join(root, file))) return true;
        return anchor !== undefined && !headingsOf(read(file)).has(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('names only commands of the program that exist', () => {
    const named = [...text.matchAll(/dist\/main\.js ([a-z][a-z-]*)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => !commands.has(name))).toEqual([]);
  });

  it('names only compose files that exist', () => {
    const named = [...text.matchAll(/docker compose[^\n]*? -f (\S+)/g)].map(([, file]) => file ?? '');
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('names only variables that exist, but for those it lists as unknown', () => {
    const section = /## Options that are not known here\n([\s\S]*?)(?=\n## |$)/.exec(text)?.[1] ?? '';
    const ownNames = /\b(?:VIRUSTOTAL|CONNECTOR|OPENCTI|MQ|S3|LISTEN)_[A-Z0-9_]*[A-Z0-9]\b/g;
    const listed = new Set(section.match(ownNames) ?? []);
    expect([...listed].filter((name) => isKnownVariable(name))).toEqual([]);
    const ignored = new Set(namesWithoutEffect.map(({ env }) => env));
    // A name in the warning of an example is misspelt on purpose.
    const unknown = (text.replace(/^- Unknown variable .*$/gm, '').match(ownNames) ?? []).filter(
      (name) => !isKnownVariable(name) && !ignored.has(name) && !listed.has(name),
    );
    expect(unknown.filter((name) => !isFamily(name))).toEqual([]);
  });
});

/** `CONNECTOR_LIVE_STREAM` of `CONNECTOR_LIVE_STREAM_*`: the beginning of several names. */
function isFamily(name: string): boolean {
  return name === 'CONNECTOR_LIVE_STREAM';
}

/** Without fenced blocks and code spans, in which a link is none. */
function withoutCode(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

/** The anchors that GitHub gives to headings. */
function headingsOf(markdown: string): Set<string> {
  const headings = markdown.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      (heading ?? '')
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

describe('README.md and the code', () => {
  const readme = read('README.md');
  const rows = (heading: string): string[][] => {
    const section = readme.slice(readme.indexOf(`## ${heading}`)).split(/\n## /)[0] ?? '';
    return [...section.matchAll(/^\| (.+) \|$/gm)]
      .map(([, row]) => (row ?? '').split(/\s+\|\s+/).map((cell) => cell.trim()))
      .slice(2);
  };

  it('lists options with their real defaults', () => {
    const listed = rows('Configuration');
    expect(listed.length).toBeGreaterThan(20);
    for (const [variable = '', shown = ''] of listed) {
      const declared = declaredOptions.find(({ option }) => `\`${option.env}\`` === variable);
      expect(declared, variable).toBeDefined();
      if (declared === undefined) continue;
      const { option } = declared;
      const value = option.default === undefined ? '' : option.type.show(option.default);
      const expected =
        option.presence === 'required' ? '**required**' : value === '' ? 'empty' : `\`${value}\``;
      expect(shown, variable).toBe(expected);
    }
  });

  it('gives the options of the mapping table their real defaults', () => {
    const pairs = rows('What an observable becomes')
      .flat()
      .flatMap((cell) => [...cell.matchAll(/`(VIRUSTOTAL_\w+)` = `(\w+)`/g)]);
    expect(pairs.length).toBeGreaterThan(4);
    for (const [, name, shown] of pairs) {
      const declared = declaredOptions.find(({ option }) => option.env === name);
      expect(declared?.option.type.show(declared.option.default), name).toBe(shown);
    }
  });

  it('describes every command of the program', () => {
    const section = readme.slice(readme.indexOf('## Commands')).split(/\n## /)[0] ?? '';
    const described = new Set([...section.matchAll(/^\*\*`([a-z][a-z-]*)/gm)].map(([, name]) => name ?? ''));
    expect([...described].sort()).toEqual([...commands].filter((name) => name !== 'help').sort());
  });

  it('quotes in the troubleshooting table only messages that the code has', () => {
    const source = productSources(join(root, 'src'));
    const quotes = rows('Troubleshooting').map(([symptom = '']) => /^`(.+)`$/.exec(symptom)?.[1]);
    const fragments = quotes.flatMap((quote) => quote?.split('…').map((part) => part.trim()) ?? []);
    expect(fragments.length).toBeGreaterThan(15);
    expect(fragments.filter((fragment) => !source.includes(fragment))).toEqual([]);
  });
});

/** The text of the product's sources. */
function productSources(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('simulators'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}
