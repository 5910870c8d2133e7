import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, normalize, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { declaredOptions } from '../../src/config/schema.js';
import { LONG } from '../helpers/longest-first.js';
import { commandsOfTheProgram, isKnownVariable, read, root } from '../helpers/project-facts.js';

/** What can be told about the containers without a container engine. */

const OUR_IMAGE = 'opencti-virustotal-connector:latest';
const COMPOSE_FILES = [
  'docker-compose.yml',
  'docker/docker-compose.demo.yml',
  'docker/docker-compose.library.yml',
  'docker/docker-compose.monitoring.yml',
  'docker/docker-compose.opencti.yml',
];
const commands = await commandsOfTheProgram();

interface Service {
  readonly image?: string;
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly build?: string | { readonly context: string };
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: unknown;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}
const compose = (file: string): Compose => parse(read(file)) as Compose;
const servicesOf = (file: string): [string, Service][] => Object.entries(compose(file).services);

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}`. */
const interpolated = (text: string): string[] =>
  [...text.matchAll(/\$\{([A-Z][A-Z0-9_]*)/g)].map(([, name]) => name ?? '');

describe.each(COMPOSE_FILES)('%s', (file) => {
  it('gives our image only variables that it knows', () => {
    const ours = servicesOf(file).filter(([, service]) => service.image === OUR_IMAGE);
    expect(ours).not.toHaveLength(0);
    const unknown = ours
      .flatMap(([, service]) => Object.keys(service.environment ?? {}))
      .filter((name) => !isKnownVariable(name));
    expect(unknown).toEqual([]);
  });

  it('gives our image only commands that it has', () => {
    const used = servicesOf(file)
      .filter(([, service]) => service.image === OUR_IMAGE)
      .flatMap(([, service]) => service.command ?? []);
    expect(used.filter((command) => !commands.has(command))).toEqual([]);
  });

  it('builds our image from the folder of the Dockerfile', () => {
    const contexts = servicesOf(file).flatMap(([, { build }]) =>
      build === undefined ? [] : [typeof build === 'string' ? build : build.context],
    );
    expect(contexts).not.toHaveLength(0);
    for (const context of contexts) {
      expect(existsSync(join(root, dirname(file), context, 'Dockerfile'))).toBe(true);
    }
  });

  it('pins every image of others to a version', () => {
    const others = servicesOf(file).flatMap(([, { image }]) => (image === OUR_IMAGE ? [] : [image ?? '']));
    const loose = others.filter((image) => !/:\S*\d/.test(image.replace(/\$\{\w+:-(.*)\}/, '$1')));
    expect(loose).toEqual([]);
  });

  it('waits only for services that exist and have a health check', () => {
    const { services } = compose(file);
    const waits = Object.values(services).flatMap((service) => Object.keys(service.depends_on ?? {}));
    expect(waits.filter((name) => services[name]?.healthcheck === undefined)).toEqual([]);
  });

  it('mounts only volumes and files that exist', () => {
    const { services, volumes = {} } = compose(file);
    const missing = Object.values(services)
      .flatMap((service) => service.volumes ?? [])
      .map((mount) => mount.split(':')[0] ?? '')
      .filter((source) =>
        source.startsWith('.') ? !existsSync(join(root, dirname(file), source)) : !(source in volumes),
      );
    expect(missing).toEqual([]);
  });

  it('holds no secret: passwords and tokens come from outside', () => {
    const written = servicesOf(file)
      .flatMap(([, service]) => Object.entries(service.environment ?? {}))
      // MinIO's access key is the name of its user.
      .filter(([name]) => /TOKEN|PASS|SECRET|KEY/.test(name) && name !== 'MINIO__ACCESS_KEY')
      .filter(([, value]) => !value.startsWith('${'));
    // The broker of the demonstration is thrown away with it and publishes no port.
    const allowed = file.endsWith('demo.yml') ? [['RABBITMQ_DEFAULT_PASS', 'demo']] : [];
    expect(written).toEqual(allowed);
  });
});

describe('docker/.env.sample', () => {
  const names = [...read('docker/.env.sample').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name ?? '');

  it('names exactly the values that docker-compose.opencti.yml takes', () => {
    const taken = new Set(interpolated(read('docker/docker-compose.opencti.yml')));
    expect([...names].sort()).toEqual([...taken].sort());
  });

  it('leaves every secret empty', () => {
    const filled = [...read('docker/.env.sample').matchAll(/^(\w*(?:TOKEN|PASS|KEY)\w*)=(.+)$/gm)];
    expect(filled).toEqual([]);
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const instructions = lines.map((line) => {
    const [name = '', ...rest] = line.trim().split(/\s+/);
    return { name, words: rest };
  });
  const copies = instructions.filter(({ name }) => name === 'COPY').map(({ words }) => words);
  const workdir = instructions.filter(({ name }) => name === 'WORKDIR').at(-1)?.words[0] ?? '';

  it('copies only files that exist and that .dockerignore lets through', () => {
    const sources = copies
      .filter(([first]) => first?.startsWith('--from') !== true)
      .flatMap((words) => words.slice(0, -1));
    expect(sources).toContain('package-lock.json');
    expect(sources.filter((source) => !existsSync(join(root, source)))).toEqual([]);
    expect(sources.filter((source) => isIgnored(source))).toEqual([]);
  });

  it('keeps secrets and what is built outside of the image', () => {
    const outside = ['.env', 'docker/.env', 'config.yml', 'node_modules/pino', 'dist/main.js', '.git/HEAD'];
    expect(outside.filter((file) => !isIgnored(file))).toEqual([]);
  });

  it.each(['ENTRYPOINT', 'HEALTHCHECK'])('starts for %s a file that is in the image', (name) => {
    const line = lines.find((candidate) => candidate.startsWith(name)) ?? '';
    const script = (JSON.parse(line.slice(line.indexOf('['))) as string[]).at(-1) ?? '';
    expect(script).toMatch(/^\/.*\.m?js$/);
    const inImage = relative(workdir, script);
    const source = inImage.startsWith('dist/')
      ? inImage.replace('dist/', 'src/').replace(/js$/, 'ts')
      : inImage;
    expect(existsSync(join(root, source))).toBe(true);
    const destinations = copies.map((words) => normalize(join(workdir, words.at(-1) ?? '', '/')));
    expect(destinations).toContain(`${dirname(script)}/`);
  });

  it('starts with a command that the program has', () => {
    const line = lines.find((candidate) => candidate.startsWith('CMD')) ?? '';
    expect(commands).toContain((JSON.parse(line.slice(4)) as string[])[0]);
  });

  it('sets only variables that the program knows, and none without effect', () => {
    const set = instructions
      .filter(({ name }) => name === 'ENV')
      .flatMap(({ words }) => words.map((word) => word.split('=')[0] ?? ''));
    expect(set).toContain('CONNECTOR_HEALTH_PORT');
    expect(set.filter((name) => !isKnownVariable(name))).toEqual([]);
    const withoutEffect = declaredOptions.filter(({ option }) => option.effect !== undefined);
    expect(set.filter((name) => withoutEffect.some(({ option }) => option.env === name))).toEqual([]);
  });

  it('runs on a Node.js that package.json allows', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    const least = Number(/\d+/.exec(engines.node)?.[0]);
    const images = instructions.filter(({ name }) => name === 'FROM').map(({ words }) => words[0] ?? '');
    expect(images).not.toHaveLength(0);
    for (const image of images) expect(Number(/^node:(\d+)/.exec(image)?.[1])).toBeGreaterThanOrEqual(least);
  });
});

/** By the rules of .dockerignore: the last pattern that matches the path or a folder above it decides. */
function isIgnored(path: string): boolean {
  const parts = path.split('/');
  const candidates = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  let ignored = false;
  for (const line of read('.dockerignore').split('\n')) {
    const pattern = line.trim().replace(/^!/, '');
    if (pattern === '' || pattern.startsWith('#')) continue;
    const expression = new RegExp(`^${pattern.replace(/[.+^${}()|]/g, '\\$&').replaceAll('*', '[^/]*')}$`);
    if (candidates.some((candidate) => expression.test(candidate))) ignored = !line.trim().startsWith('!');
  }
  return ignored;
}

describe('the tools', () => {
  it('compile with TypeScript 7, of the two that are installed', () => {
    expect(realpathSync(join(root, 'node_modules/.bin/tsc'))).toContain(join('@typescript', 'native'));
  });

  it('begin with test files that exist', () => {
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (path) => !path.startsWith('node_modules') && path.endsWith('.test.ts'),
    );
    const names = new Set(files.map((path) => basename(path, '.test.ts')));
    expect(LONG.filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('package-lock.json', () => {
  it('holds every package that another one names, optional ones of other machines too, as npm ci demands', () => {
    interface Locked {
      readonly dependencies?: Readonly<Record<string, string>>;
      readonly optionalDependencies?: Readonly<Record<string, string>>;
    }
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Readonly<Record<string, Locked>>;
    };
    const missing = Object.entries(packages).flatMap(([place, locked]) =>
      Object.keys({ ...locked.dependencies, ...locked.optionalDependencies }).filter(
        (name) => !placesToLook(place).some((folder) => `${folder}node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  /** The folders in which Node.js looks for what a package imports: its own, then those above. */
  function placesToLook(place: string): string[] {
    const folders = [''];
    for (const match of place.matchAll(/node_modules\/(?:@[^/]+\/)?[^/]+/g)) {
      folders.push(`${place.slice(0, match.index + match[0].length)}/`);
    }
    return folders;
  }
});

describe('config.yml.sample', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sample-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('loads without a warning once the tokens are filled in', () => {
    const filled = read('config.yml.sample').replace(/^( {2}token:) ChangeMe$/gm, '$1 filled-in-by-the-test');
    writeFileSync(join(folder, 'config.yml'), filled);
    const { config, warnings } = loadConfig({ env: {}, cwd: folder });
    expect(warnings).toEqual([]);
    expect(config.opencti.url).toBe('http://opencti:8080');
    expect([config.opencti.token, config.virustotal.token]).toEqual([
      'filled-in-by-the-test',
      'filled-in-by-the-test',
    ]);
  });
});
