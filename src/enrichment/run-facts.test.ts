import { describe, expect, it } from 'vitest';
import { ConnectorError } from '../shared/connector-error.js';
import { CircuitOpenError } from '../virustotal/http/circuit-open-error.js';
import { QuotaExhaustedError } from '../virustotal/quota/quota-exhausted-error.js';
import { StoppedError } from '../virustotal/stopped-error.js';
import { requestOf } from '../../test/helpers/enrichment-requests.js';
import { observableDefinitions } from './observables/registry.js';
import { HandBackError } from './platform-call.js';
import { endOf, handedBackFor, runOf } from './run-facts.js';

describe('what metrics see of a request', () => {
  it.each([...observableDefinitions.map(({ type }) => type), 'Indicator'])('names the type %s', (type) => {
    expect(runOf(requestOf({ entityType: type.toUpperCase() })).type).toBe(type);
  });

  it.each([
    ['file--9b7842f4-078f-4cec-8550-1c586d075a77', 'StixFile'],
    ['ipv4-addr--9b7842f4-078f-4cec-8550-1c586d075a77', 'IPv4-Addr'],
    ['indicator--9b7842f4-078f-4cec-8550-1c586d075a77', 'Indicator'],
    ['anything-that-a-message-may-say--1', 'other'],
    ['--', 'other'],
  ])('finds the type of %s in its id when the message does not say it', (entityId, type) => {
    expect(runOf(requestOf({ entityType: undefined, entityId })).type).toBe(type);
  });

  it('takes no type for a label that somebody else could choose', () => {
    expect(runOf(requestOf({ entityType: 'Malware"} 1' })).type).toBe('other');
  });

  it('counts from the creation of the work, which its id tells, and else from when it was taken', () => {
    const receivedAt = new Date('2026-03-16T10:00:00Z');
    const workId = 'work_connector_2026-03-16T09:00:00.000Z';
    expect(runOf(requestOf({ workId, receivedAt })).requestedAt).toEqual(new Date('2026-03-16T09:00:00Z'));
    expect(runOf(requestOf({ workId: undefined, receivedAt })).requestedAt).toEqual(receivedAt);
  });

  it.each([
    [{ status: 'unknown', message: '' }, { outcome: 'unknown' }],
    [
      { status: 'skipped', reason: 'excluded', message: '' },
      { outcome: 'skipped', reason: 'excluded' },
    ],
    [
      { status: 'failed', error: new ConnectorError('no right', 'configuration'), message: '' },
      { outcome: 'failed', reason: 'configuration' },
    ],
    [
      { status: 'failed', error: new TypeError(), message: '' },
      { outcome: 'failed', reason: 'defect' },
    ],
  ] as const)('makes of an outcome %j the labels %j', (outcome, end) => {
    expect(endOf(outcome)).toEqual(end);
  });

  it.each([
    [new QuotaExhaustedError(new Date(), 'day'), 'quota'],
    [new CircuitOpenError(new Date(), new Date(), new Error('away')), 'outage'],
    [new StoppedError(), 'stop'],
    [new Error('away'), 'platform'],
  ])('says why one is handed back: %s', (cause, reason) => {
    expect(handedBackFor(new HandBackError(cause), false)).toEqual({ outcome: 'handed_back', reason });
    expect(handedBackFor(new HandBackError(cause), true).reason).toBe('stop');
  });
});
