import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extraQuestions } from './extra-questions.js';
import { parseAssociations, parseResolutions, parseSigmaRule, parseTechniques } from './parse-extras.js';

const ruleId = '5c3ea6806114163b8cdf5735aeb07e702ab63e0e486f721df84cf675e2b0a04b';

describe('techniques', () => {
  it('are united over tactics and sandboxes', () => {
    const technique = (severity: string, description: string) => ({
      id: 't1082',
      name: 'System Information Discovery',
      signatures: [{ severity, description }],
    });
    const data = {
      Zenbox: {
        tactics: [
          {
            id: 'TA0007',
            name: 'Discovery',
            techniques: [technique('INFO', 'Reads software policies'), { id: 'nonsense' }, null],
          },
        ],
      },
      'CAPE Sandbox': {
        tactics: [{ id: 'TA0007', name: 'Discovery', techniques: [technique('HIGH', 'Queries the BIOS')] }],
      },
      Empty: { tactics: null },
    };
    expect(parseTechniques({ data })).toEqual([
      {
        id: 'T1082',
        name: 'System Information Discovery',
        tactics: [{ id: 'TA0007', name: 'Discovery' }],
        severity: 'HIGH',
        sandboxes: ['Zenbox', 'CAPE Sandbox'],
        signatures: ['Reads software policies', 'Queries the BIOS'],
      },
    ]);
  });
});

describe('associations', () => {
  it('are told apart by their type, and others are dropped', () => {
    const attributes = {
      collection_type: 'threat-actor',
      name: 'UNC0000',
      origin: 'Google Threat Intelligence',
      creation_date: 1_524_719_123,
      last_modification_date: 1_750_028_923,
      alt_names_details: [{ value: 'Example Alias', confidence: 'confirmed' }, null],
    };
    const data = [
      { type: 'collection', id: 'threat-actor--1', attributes },
      { type: 'collection', id: 'threatfox_x', attributes: { collection_type: 'collection', name: 'noise' } },
      { type: 'collection', id: 'campaign--1', attributes: { collection_type: 'campaign' } },
      { type: 'collection', id: 'x', attributes: { collection_type: 'constructor', name: 'x' } },
    ];
    expect(parseAssociations({ data })).toEqual([
      {
        kind: 'threat_actors',
        id: 'threat-actor--1',
        name: 'UNC0000',
        description: undefined,
        origin: 'Google Threat Intelligence',
        createdAt: new Date('2018-04-26T05:05:23Z'),
        modifiedAt: new Date('2025-06-15T23:08:43Z'),
        aliases: ['Example Alias'],
      },
    ]);
  });
});

describe('resolutions', () => {
  it('are read from their attributes, never from their id', () => {
    const attributes = { ip_address: '192.0.2.1', host_name: 'example.com', date: 1_700_000_000 };
    const data = [
      { type: 'resolution', id: '192.0.2.1example.com', attributes },
      { type: 'resolution', id: '192.0.2.2example.com' },
    ];
    expect(parseResolutions({ data })).toEqual([
      { address: '192.0.2.1', host: 'example.com', date: new Date('2023-11-14T22:13:20Z') },
    ]);
  });
});

describe('a Sigma rule', () => {
  it('is read in its parts', () => {
    const attributes = {
      title: 'Hiding Files with Attrib.exe',
      level: 'low',
      log_source: { product: 'windows', category: 'process_creation', definition: null },
      detection: { condition: 'selection', details: { selection: '{"CommandLine":"* +h *"}' } },
      false_positives: ['unknown'],
      tags: ['attack.t1158'],
    };
    expect(parseSigmaRule({ data: { type: 'sigma_rule', id: ruleId, attributes } })).toMatchObject({
      id: ruleId,
      title: 'Hiding Files with Attrib.exe',
      logSource: { product: 'windows', category: 'process_creation' },
      condition: 'selection',
      details: { selection: '{"CommandLine":"* +h *"}' },
      falsePositives: ['unknown'],
      tags: ['attack.t1158'],
      text: undefined,
    });
  });
});

describe('any JSON', () => {
  it('gives an answer or none, and never throws', () => {
    const anyJson = fc.dictionary(fc.constantFrom('data', 'meta'), fc.jsonValue());
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(extraQuestions)), anyJson, (question, json) => {
        const answer: unknown = question.parse(json);
        expect(answer === undefined || typeof answer === 'object').toBe(true);
      }),
    );
  });
});
