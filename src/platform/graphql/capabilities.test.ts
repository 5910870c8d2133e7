import { describe, expect, it } from 'vitest';
import { capabilitiesOf, parsePlatformVersion } from './capabilities.js';

describe('parsePlatformVersion', () => {
  it.each([
    ['6.4.0', [6, 4, 0]],
    ['7.260224.0', [7, 260224, 0]],
    ['6.5.1-SNAPSHOT', [6, 5, 1]],
    ['7.260817.0 lts', [7, 260817, 0]],
    ['7.260817.0-lts', [7, 260817, 0]],
    ['v6.9.22', [6, 9, 22]],
    [' 6.2 ', [6, 2, 0]],
  ])('reads %j', (text, version) => {
    expect(parsePlatformVersion(text)).toEqual(version);
  });

  it.each(['', 'unknown', '6', 'a.b.c', '6.1.2.3', '99999999999999999999.1.0'])(
    'does not guess at %j',
    (text) => {
      expect(parsePlatformVersion(text)).toBeUndefined();
    },
  );
});

describe('capabilitiesOf', () => {
  const of = (text: string) => capabilitiesOf(parsePlatformVersion(text));

  it('does without a version what is safe with every one', () => {
    const { registrationFields, ...others } = capabilitiesOf(undefined);
    expect([...registrationFields]).toEqual(['listen_callback_uri', 'auto_update', 'enrichment_resolution']);
    expect(others).toEqual({
      jwks: true,
      callback: true,
      connectorInfo: true,
      drafts: true,
      wholeBundles: false,
      bundlePush: 'without-work',
      workLiveness: true,
      toleratesDeletedWorks: false,
      pendingFileMarkings: true,
      draftContext: false,
      validationMode: 'workbench',
      dropsOvertakenBundles: true,
      completesUnannounced: false,
    });
  });

  it.each([
    ['connectorInfo', '6.2.11', '6.2.12'],
    ['drafts', '6.3.13', '6.4.0'],
    ['draftContext', '6.4.11', '6.5.0'],
    ['pendingFileMarkings', '6.5.1', '6.5.2'],
    ['callback', '6.5.6', '6.5.7'],
    ['wholeBundles', '6.6.18', '6.7.0'],
    ['jwks', '6.9.22', '7.260224.0'],
    ['workLiveness', '6.8.6', '6.8.7'],
    ['toleratesDeletedWorks', '6.8.6', '6.8.7'],
    ['dropsOvertakenBundles', '6.8.6', '6.8.7'],
  ] as const)('knows that %s is not in %s but in %s', (capability, before, first) => {
    expect(of(before)[capability]).toBe(false);
    expect(of(first)[capability]).toBe(true);
  });

  it.each([
    ['dropsOvertakenBundles', '7.260507.9', '7.260510.0'],
    ['completesUnannounced', '7.260423.0', '7.260428.0'],
  ] as const)('knows that %s ended with %s, before %s', (capability, last, after) => {
    expect(of(last)[capability]).toBe(true);
    expect(of(after)[capability]).toBe(false);
  });

  it.each([
    ['6.5.6', []],
    ['6.5.7', ['listen_callback_uri']],
    ['6.8.8', ['listen_callback_uri']],
    ['6.8.9', ['listen_callback_uri', 'auto_update', 'enrichment_resolution']],
    ['7.260817.0', ['listen_callback_uri', 'auto_update', 'enrichment_resolution']],
  ])('registers on %s with the young fields %j', (version, fields) => {
    expect([...of(version).registrationFields]).toEqual(fields);
  });

  it.each([
    ['6.2.5', 'unavailable'],
    ['6.2.6', 'without-work'],
    ['6.5.6', 'without-work'],
    ['6.5.7', 'with-work'],
    ['6.8.6', 'with-work'],
    ['6.8.7', 'without-work'],
    ['6.9.22', 'without-work'],
    ['7.260422.0', 'without-work'],
    ['7.260423.0', 'without-work'],
    ['7.260428.0', 'with-work'],
  ])('pushes bundles over the API of %s %s', (version, support) => {
    expect(of(version).bundlePush).toBe(support);
  });

  it.each([
    ['6.4.0', 'workbench'],
    ['7.260722.0', 'workbench'],
    ['7.260728.0', 'draft'],
  ])('has results of %s validated in a %s', (version, mode) => {
    expect(of(version).validationMode).toBe(mode);
  });
});
