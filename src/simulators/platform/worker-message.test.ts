import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../shared/json.js';
import { gateOf } from './version.js';
import { planImport, type ImportPlan } from './worker-message.js';

const AS = { id: 'autonomous-system--1', type: 'autonomous-system', number: 64_496 };
const IP = { id: 'ipv4-addr--1', type: 'ipv4-addr', value: '192.0.2.1' };
const BELONGS = {
  id: 'relationship--1',
  type: 'relationship',
  relationship_type: 'belongs-to',
  source_ref: 'ipv4-addr--1',
  target_ref: 'autonomous-system--1',
};

function push(objects: unknown, fields: JsonObject = {}): Buffer {
  const content = Buffer.from(JSON.stringify({ type: 'bundle', objects })).toString('base64');
  return Buffer.from(JSON.stringify({ ...fields, content }));
}

function plan(version: string, body: Buffer, alive = true): ImportPlan {
  return planImport(body, gateOf(version), () => alive);
}

describe('planImport', () => {
  it.each([
    ['6.1.4', 'per-message'],
    ['6.1.5', 'per-object'],
  ])('on %s reports %s', (version, report) => {
    expect(plan(version, push([IP]))).toMatchObject({ action: 'import', report });
  });

  it.each([
    ['6.2.13', 'import', undefined],
    ['6.2.14', 'split', 0],
    ['6.2.18', 'split', 0],
    ['6.3.0', 'split', 3],
  ])('on %s, a message with three objects leads to %s (expectations added: %s)', (version, action, added) => {
    const result = plan(version, push([BELONGS, IP, AS]));
    expect(result.action).toBe(action);
    expect(result.action === 'split' ? result.addExpectations : undefined).toBe(added);
  });

  it('puts one message per object back, what depends on others last', () => {
    const result = plan('7.260817.0', push([BELONGS, IP, AS], { work_id: 'w', applicant_id: 'a' }));
    const bodies = result.action === 'split' ? result.bodies : [];
    const bundles = bodies.map(
      (body) => JSON.parse(Buffer.from(String(body.content), 'base64').toString('utf8')) as JsonObject,
    );
    expect(bundles.map((bundle) => [bundle.x_opencti_seq, bundle.objects])).toEqual([
      [1, [{ ...IP, nb_deps: 1 }]],
      [1, [{ ...AS, nb_deps: 1 }]],
      [3, [{ ...BELONGS, nb_deps: 3 }]],
    ]);
    expect(bodies[0]).toMatchObject({ work_id: 'w', applicant_id: 'a' });
  });

  it.each([
    ['6.6.18', 'split'],
    ['6.7.0', 'import'],
  ])('on %s, no_split leads to %s', (version, action) => {
    expect(plan(version, push([IP, AS], { no_split: true })).action).toBe(action);
  });

  it.each([
    ['6.8.6', 'import'],
    ['6.8.7', 'discard'],
  ])('on %s, the bundle of a dead work leads to %s', (version, action) => {
    expect(plan(version, push([IP], { work_id: 'dead' }), false).action).toBe(action);
  });

  it('imports a bundle without a work whatever works there are', () => {
    expect(plan('6.9.0', push([IP]), false).action).toBe('import');
  });

  it.each([
    ['not json', Buffer.from('{'), 'the message is not a JSON object'],
    ['no content', Buffer.from('{}'), 'the content is not base64'],
    ['content that is no base64', Buffer.from('{"content":"a-b_"}'), 'the content is not base64'],
    ['content that is no JSON', Buffer.from('{"content":"aGVsbG8="}'), 'the content is not a JSON object'],
    ['no objects', push([]), 'the bundle has no objects'],
    ['an event', push([IP], { type: 'event' }), 'the message is not a bundle'],
  ])('drops %s', (_case, body, reason) => {
    expect(plan('7.260817.0', body)).toEqual({ action: 'drop', reason });
  });

  it('never throws, whatever the message', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((text) => push(text).toString()),
        ),
        (text) => {
          expect(plan('7.260817.0', Buffer.from(text)).action).toMatch(/^(import|split|discard|drop)$/);
        },
      ),
    );
  });
});
