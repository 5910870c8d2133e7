import { readFileSync } from 'node:fs';

interface PackageJson {
  readonly name: string;
  readonly version: string;
}

const packageJson = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as PackageJson;

export const productVersion: string = packageJson.version;

/** Sent to the platform; a stable prefix lets an operator exempt it from rate limits. */
export const userAgent = `${packageJson.name}/${packageJson.version}`;
