import { GraphQLInputObjectType, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  capabilitiesOf,
  parsePlatformVersion,
  type Capabilities,
} from '../../src/platform/graphql/capabilities.js';
import * as operations from '../../src/platform/graphql/operations.js';
import { platformSchema } from '../../src/simulators/platform/schema.js';
import { gateOf } from '../../src/simulators/platform/version.js';

/**
 * Every document that is sent, against the schema of every platform version at which something changes: what the
 * capabilities of a version call for is accepted there, and what is younger is refused there and not called for.
 */

/** The first release of each era, and the last one before it (protocol reference §2.4). */
const VERSIONS = (
  '6.0.6 6.0.10 6.1.0 6.1.11 6.1.12 6.2.5 6.2.6 6.2.11 6.2.12 6.2.14 6.3.13 6.4.0 6.4.11 6.5.0 6.5.1 6.5.2 6.5.6 ' +
  '6.5.7 6.5.10 6.5.11 6.6.0 6.7.0 6.8.6 6.8.7 6.8.8 6.8.9 6.8.10 6.9.9 6.9.10 6.9.19 6.9.22 7.260224.0 7.260421.0 ' +
  '7.260422.0 7.260423.0 7.260428.0 7.260507.0 7.260526.0 7.260527.0 7.260615.0 7.260817.0'
).split(' ');

interface Document {
  readonly document: string;
  /** Platforms accept it from this release on, */
  readonly from: string;
  /** and no longer from this one on. */
  readonly until?: string;
  /** Whether this product sends it to a platform that can do so much. */
  readonly isSent: (capabilities: Capabilities, version: string) => boolean;
}

const always = (): boolean => true;

/** Platforms put an event id into playbook messages, and want it back, from 6.1.0 on. */
const hasEventIds = (version: string): boolean => gateOf(version)('6.1.0');

const DOCUMENTS: Readonly<Record<string, Document>> = {
  ABOUT: { document: operations.ABOUT.document, from: '6.0.6', isSent: always },
  registerConnectorOperation: {
    document: operations.registerConnectorOperation(false).document,
    from: '6.0.6',
    isSent: always,
  },
  'registerConnectorOperation with keys': {
    document: operations.registerConnectorOperation(true).document,
    from: '7.260224.0',
    isSent: ({ jwks }) => jwks,
  },
  PING: { document: operations.PING.document, from: '6.0.6', isSent: ({ connectorInfo }) => !connectorInfo },
  PING_WITH_INFO: {
    document: operations.PING_WITH_INFO.document,
    from: '6.2.12',
    isSent: ({ connectorInfo }) => connectorInfo,
  },
  STIX: { document: operations.STIX.document, from: '6.0.6', isSent: always },
  IMPORT_FILES: { document: operations.IMPORT_FILES.document, from: '6.0.6', isSent: always },
  WORK_ADD: { document: operations.WORK_ADD.document, from: '6.0.6', isSent: always },
  WORK_TO_RECEIVED: { document: operations.WORK_TO_RECEIVED.document, from: '6.0.6', isSent: always },
  WORK_PING: { document: operations.WORK_PING.document, from: '6.0.6', isSent: always },
  WORK_IS_ALIVE: {
    document: operations.WORK_IS_ALIVE.document,
    from: '6.8.7',
    isSent: ({ workLiveness }) => workLiveness,
  },
  WORK_TO_PROCESSED: { document: operations.WORK_TO_PROCESSED.document, from: '6.0.6', isSent: always },
  WORK_ADD_EXPECTATIONS: {
    document: operations.WORK_ADD_EXPECTATIONS.document,
    from: '6.0.6',
    isSent: always,
  },
  WORK_REPORT_EXPECTATION: {
    document: operations.WORK_REPORT_EXPECTATION.document,
    from: '6.0.6',
    isSent: always,
  },
  PLAYBOOK_STEP_EXECUTION: {
    document: operations.PLAYBOOK_STEP_EXECUTION.document,
    from: '6.1.0',
    isSent: (_, version) => hasEventIds(version),
  },
  PLAYBOOK_STEP_EXECUTION_WITHOUT_EVENT: {
    document: operations.PLAYBOOK_STEP_EXECUTION_WITHOUT_EVENT.document,
    from: '6.0.6',
    until: '6.1.0',
    isSent: (_, version) => !hasEventIds(version),
  },
  STIX_BUNDLE_PUSH: {
    document: operations.STIX_BUNDLE_PUSH.document,
    from: '6.5.7',
    isSent: ({ bundlePush }) => bundlePush === 'with-work',
  },
  STIX_BUNDLE_PUSH_WITHOUT_WORK: {
    document: operations.STIX_BUNDLE_PUSH_WITHOUT_WORK.document,
    from: '6.2.6',
    // A request without a work has nothing to name, whatever the platform can do.
    isSent: ({ bundlePush }) => bundlePush !== 'unavailable',
  },
  MARKING_IDS: { document: operations.MARKING_IDS.document, from: '6.0.6', isSent: always },
  UPLOAD_PENDING: {
    document: operations.UPLOAD_PENDING.document,
    from: '6.5.2',
    isSent: ({ pendingFileMarkings }) => pendingFileMarkings,
  },
  UPLOAD_PENDING_WITHOUT_MARKINGS: {
    document: operations.UPLOAD_PENDING_WITHOUT_MARKINGS.document,
    from: '6.0.6',
    isSent: ({ pendingFileMarkings }) => !pendingFileMarkings,
  },
  LABEL: { document: operations.LABEL.document, from: '6.0.6', isSent: always },
  LABEL_ADD: { document: operations.LABEL_ADD.document, from: '6.0.6', isSent: always },
  DRAFT_WORKSPACE_ADD: {
    document: operations.DRAFT_WORKSPACE_ADD.document,
    from: '6.4.0',
    isSent: ({ drafts }) => drafts,
  },
  WORK_ADD_DRAFT_CONTEXT: {
    document: operations.WORK_ADD_DRAFT_CONTEXT.document,
    from: '6.5.0',
    isSent: ({ draftContext }) => draftContext,
  },
};

describe.each(VERSIONS)('OpenCTI %s', (version) => {
  const since = gateOf(version);
  const schema = platformSchema(since);
  const capabilities = capabilitiesOf(parsePlatformVersion(version));

  it.each(Object.entries(DOCUMENTS))('and %s', (_, { document, from, until, isSent }) => {
    const errors = validate(schema, parse(document)).map((error) => error.message);
    const isAccepted = since(from) && (until === undefined || !since(until));
    expect(errors.length === 0 ? 'accepted' : errors.join('; ')).toEqual(
      isAccepted
        ? 'accepted'
        : expect.stringMatching(/Cannot query field|Unknown argument|Unknown type|is required/),
    );
    if (isSent(capabilities, version)) expect(errors).toEqual([]);
  });

  it('is registered with the fields that it knows, and with all of them', () => {
    const input = schema.getType('RegisterConnectorInput');
    const known = input instanceof GraphQLInputObjectType ? Object.keys(input.getFields()) : [];
    const young = ['listen_callback_uri', 'auto_update', 'enrichment_resolution'];
    expect([...capabilities.registrationFields]).toEqual(young.filter((field) => known.includes(field)));
  });
});

describe('the documents', () => {
  it('are all in the table', () => {
    const exported = Object.keys(operations).sort();
    expect(exported).toEqual(
      Object.keys(DOCUMENTS)
        .filter((name) => !name.includes(' '))
        .sort(),
    );
  });

  it('hold one operation each, named, since armoured platforms allow no more', () => {
    for (const { document } of Object.values(DOCUMENTS)) {
      const { definitions } = parse(document);
      expect(definitions).toMatchObject([{ kind: 'OperationDefinition', name: { kind: 'Name' } }]);
    }
  });
});
