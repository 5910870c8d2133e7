import { describe, expect, it } from 'vitest';
import { bundleOf, requestOf } from '../../../test/helpers/enrichment-requests.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { bundleText, encodeBundleMessage, type BundleMessageContext } from './bundle-message.js';

function encode(
  changes: Partial<EnrichmentRequest> = {},
  context: Partial<BundleMessageContext> = {},
): Record<string, unknown> {
  const body = encodeBundleMessage(requestOf(changes), bundleOf(1), {
    connectorUserId: 'user-7',
    drafts: true,
    sequence: 3,
    ...context,
  });
  return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
}

describe('encodeBundleMessage', () => {
  it('carries the bundle and for whom and what it is to be imported', () => {
    const { content, ...fields } = encode();
    expect(fields).toEqual({
      bundle_type: 'QUEUE_BUNDLE',
      applicant_id: 'user-7',
      action_sequence: 3,
      entities_types: [],
      update: false,
      work_id: 'work_vt_1',
      draft_id: '',
    });
    expect(JSON.parse(Buffer.from(content as string, 'base64').toString('utf8'))).toEqual(bundleOf(1));
  });

  it('lets the applicant of the request import it when there is one', () => {
    expect(encode({ applicantId: 'user-9' }).applicant_id).toBe('user-9');
    expect(encode({}, { connectorUserId: undefined }).applicant_id).toBeNull();
  });

  it('leaves out the work when the platform has closed it', () => {
    expect(encode({ workId: undefined })).not.toHaveProperty('work_id');
  });

  it('names the draft, says that there is none, or keeps silent before 6.4.0', () => {
    expect(encode({ draftId: 'draft-1' }).draft_id).toBe('draft-1');
    expect(encode({}, { drafts: true }).draft_id).toBe('');
    expect(encode({}, { drafts: false })).not.toHaveProperty('draft_id');
    expect(encode({ draftId: 'draft-1' }, { drafts: false }).draft_id).toBe('draft-1');
  });
});

describe('bundleText', () => {
  it('keeps whole characters and replaces halves', () => {
    const bundle = { ...bundleOf(0), name: 'é 😀 \ud83d end' };
    expect(bundleText(bundle)).toContain('"name":"é 😀 \ufffd end"');
  });
});
