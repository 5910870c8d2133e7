import { readFileSync } from 'node:fs';
import { parse, validate, type DocumentNode, type GraphQLSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { platformSchema } from './schema.js';
import { gateOf } from './version.js';

/** Every document that the protocol reference spells out: it says of each which real schemas accept it ([SCHEMA]). */
const text = readFileSync(new URL('../../../docs/reference/opencti-protocol.md', import.meta.url), 'utf8');
const spelledOut = [
  ...[...text.matchAll(/```graphql\n(.*?)```/gs)].map((match) => match[1] ?? ''),
  ...[...text.matchAll(/`((?:query|mutation) \w*[^`…]*\{[^`…]*\})`/g)].map((match) => match[1] ?? ''),
].map((document) => document.trim());

/** The last release before the operation and the first one with it, as the reference says; none: all have it. */
const FIRST: readonly [opening: string, before?: string, from?: string][] = [
  ['query { about'],
  ['query Obs('],
  ['query StixQuery('],
  ['query WorkQuery('],
  ['mutation RegisterConnector('],
  ['mutation PingConnector($id: ID!, $state: String)'],
  ['mutation PingConnector($id: ID!, $state: String, $connectorInfo', '6.2.11', '6.2.12'],
  ['mutation workToReceived('],
  ['mutation workToProcessed('],
  ['mutation addExpectations('],
  ['mutation reportExpectation('],
  ['mutation pingWork('],
  ['mutation workAdd('],
  ['mutation PlaybookStepExecution(', '6.0.10', '6.1.0'],
  ['mutation UploadPending(', '6.5.1', '6.5.2'],
  ['mutation draftWorkspaceAdd(', '6.3.13', '6.4.0'],
  ['mutation addDraftContext(', '6.4.11', '6.5.0'],
  ['mutation StixBundlePush(', '6.5.6', '6.5.7'],
];

/** The oldest and the newest, and some between at which nothing of this changes. */
const VERSIONS = [
  '6.0.6',
  '6.1.0',
  '6.3.13',
  '6.4.0',
  '6.6.0',
  '6.8.7',
  '6.9.22',
  '7.260224.0',
  '7.260817.0',
];

const schemas = new Map<string, GraphQLSchema>();

function faultsOf(document: DocumentNode, version: string): string[] {
  const schema = schemas.get(version) ?? platformSchema(gateOf(version));
  schemas.set(version, schema);
  return validate(schema, document).map(({ message }) => message);
}

describe('documents of the protocol reference', () => {
  it('are all in the table, and none else', () => {
    const opening = (document: string): string[] =>
      FIRST.map(([begin]) => begin).filter((begin) => document.startsWith(begin));
    expect(spelledOut.filter((document) => opening(document).length !== 1)).toEqual([]);
    expect(new Set(spelledOut.flatMap(opening)).size).toBe(FIRST.length);
  });

  it.each(FIRST)('%s…: refused by %s, accepted from %s on', (opening, before, from = '6.0.6') => {
    const document = parse(spelledOut.find((candidate) => candidate.startsWith(opening)) ?? '');
    if (before !== undefined) expect(faultsOf(document, before)).not.toEqual([]);
    for (const version of [from, ...VERSIONS.filter((other) => gateOf(other)(from))]) {
      expect({ version, faults: faultsOf(document, version) }).toEqual({ version, faults: [] });
    }
  });

  it('answer playbooks without an event id on 6.0 alone', () => {
    const withEvent = spelledOut.find((document) => document.startsWith('mutation PlaybookStepExecution('));
    const document = parse(
      (withEvent ?? '').replace('$event_id: ID!, ', '').replace('event_id: $event_id, ', ''),
    );
    expect(faultsOf(document, '6.0.10')).toEqual([]);
    expect(faultsOf(document, '6.1.0')).not.toEqual([]);
  });
});
