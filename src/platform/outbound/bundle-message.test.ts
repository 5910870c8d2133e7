import { describe, expect, it } from 'vitest';
import { bundleOf, requestOf } from '../../../test/helpers/enrichment-requests.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import type { Bundle } from '../../stix/objects.js';
import {
  bundleMessages,
  bundleText,
  type BundleMessage,
  type BundleMessageContext,
} from './bundle-message.js';

function messages(
  count: number,
  changes: Partial<EnrichmentRequest> = {},
  context: Partial<BundleMessageContext> = {},
): readonly BundleMessage[] {
  return bundleMessages(requestOf(changes), bundleOf(count), {
    connectorUserId: 'user-7',
    drafts: true,
    wholeBundles: true,
    ...context,
  });
}

const read = ({ body }: BundleMessage): Record<string, unknown> =>
  JSON.parse(body.toString('utf8')) as Record<string, unknown>;

function contentOf(message: BundleMessage): Bundle {
  const { content } = read(message);
  return JSON.parse(Buffer.from(content as string, 'base64').toString('utf8')) as Bundle;
}

function only(...parameters: Parameters<typeof messages>): BundleMessage {
  const [message, ...others] = messages(...parameters);
  if (message === undefined || others.length > 0) throw new Error('There is not one message.');
  return message;
}

describe('bundleMessages', () => {
  it('sends the bundle as a whole, in an order in which it can be imported', () => {
    const message = only(3);
    const { content: _, ...fields } = read(message);
    expect(fields).toEqual({
      bundle_type: 'QUEUE_BUNDLE',
      applicant_id: 'user-7',
      no_split: true,
      action_sequence: 1,
      entities_types: [],
      update: false,
      work_id: 'work_vt_1',
      draft_id: '',
    });
    expect(contentOf(message)).toEqual({
      ...bundleOf(3),
      objects: bundleOf(3).objects.map((object) => ({ ...object, nb_deps: 1 })),
    });
    expect(message.objects).toEqual(contentOf(message).objects);
  });

  it('sends each object alone to workers that would split the bundle', () => {
    const alone = messages(3, {}, { wholeBundles: false });
    expect(alone.map(read).map(({ no_split, action_sequence }) => [no_split, action_sequence])).toEqual([
      [undefined, 1],
      [undefined, 2],
      [undefined, 3],
    ]);
    expect(alone.map((message) => contentOf(message).objects)).toEqual(alone.map(({ objects }) => objects));
    expect(alone.flatMap(({ objects }) => objects.map(({ id }) => id))).toEqual(
      bundleOf(3).objects.map(({ id }) => id),
    );
  });

  it('sends each object alone when together they would be too much for the broker', () => {
    const [first, ...others] = bundleOf(3).objects;
    const large = {
      ...bundleOf(0),
      objects: [{ ...first, description: 'x'.repeat(1024 * 1024) }, ...others],
    };
    const context = { connectorUserId: 'user-7', drafts: true, wholeBundles: true };
    expect(bundleMessages(requestOf(), large as Bundle, context)).toHaveLength(3);
  });

  it('has no message when nothing can be imported', () => {
    expect(messages(0)).toEqual([]);
  });

  it('lets the applicant of the request import it when there is one', () => {
    expect(read(only(1, { applicantId: 'user-9' })).applicant_id).toBe('user-9');
    expect(read(only(1, {}, { connectorUserId: undefined })).applicant_id).toBeNull();
  });

  it('leaves out the work when the platform has closed it', () => {
    expect(read(only(1, { workId: undefined }))).not.toHaveProperty('work_id');
  });

  it('names the draft, says that there is none, or keeps silent before 6.4.0', () => {
    expect(read(only(1, { draftId: 'draft-1' })).draft_id).toBe('draft-1');
    expect(read(only(1, {}, { drafts: true })).draft_id).toBe('');
    expect(read(only(1, {}, { drafts: false }))).not.toHaveProperty('draft_id');
    expect(read(only(1, { draftId: 'draft-1' }, { drafts: false })).draft_id).toBe('draft-1');
  });
});

describe('bundleText', () => {
  it('keeps whole characters and replaces halves', () => {
    const bundle = { ...bundleOf(0), name: 'é 😀 \ud83d end' };
    expect(bundleText(bundle)).toContain('"name":"é 😀 \ufffd end"');
  });
});
