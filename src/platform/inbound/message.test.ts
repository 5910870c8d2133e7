import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRequest, excerptOf, readRequest, UndecodableMessageError } from './message.js';
import { UnreadableMessage } from './unreadable-message.js';

const RECEIVED = new Date('2026-01-02T03:04:05.678Z');
const ENTITY = {
  type: 'ipv4-addr',
  id: 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4',
  value: '198.51.100.3',
};

function manual(changes: { internal?: object; event?: object } = {}): string {
  return JSON.stringify({
    internal: { work_id: 'work_vt_2026-01-02T03:04:05.000Z', applicant_id: null, ...changes.internal },
    event: {
      event_type: 'INTERNAL_ENRICHMENT',
      entity_id: ENTITY.id,
      entity_type: 'IPv4-Addr',
      stix_entity: JSON.stringify(ENTITY),
      stix_objects: null,
      ...changes.event,
    },
  });
}

function playbook(changes: { step?: object; event?: object } = {}): string {
  return JSON.stringify({
    internal: {
      work_id: null,
      playbook: {
        execution_id: 'execution-1',
        event_id: 'event-1',
        playbook_id: 'playbook-1',
        data_instance_id: ENTITY.id,
        step_id: 'step-2',
        previous_step_id: 'step-1',
        ...changes.step,
      },
      applicant_id: 'c49fe040-2dad-412d-af07-ce639204ad55',
      mode: 'auto',
      trigger: 'create',
    },
    event: {
      entity_id: ENTITY.id,
      bundle: { id: 'bundle--1', type: 'bundle', spec_version: '2.1', objects: [{ type: 'x' }, ENTITY] },
      ...changes.event,
    },
  });
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

function errorOf(body: Buffer | string): UndecodableMessageError {
  try {
    decodeRequest(body, RECEIVED);
  } catch (error) {
    if (error instanceof UndecodableMessageError) return error;
    throw error;
  }
  throw new Error('the message was decoded');
}

describe('decodeRequest', () => {
  it('reads a manual request with everything that belongs to it', () => {
    const body = manual({ internal: { mode: 'manual', trigger: 'update', draft_id: 'draft-1' } });

    expect(decodeRequest(Buffer.from(body), RECEIVED)).toEqual({
      key: `work_vt_2026-01-02T03:04:05.000Z ${ENTITY.id}`,
      mode: 'manual',
      entityId: ENTITY.id,
      entityType: 'IPv4-Addr',
      workId: 'work_vt_2026-01-02T03:04:05.000Z',
      draftId: 'draft-1',
      applicantId: undefined,
      playbook: undefined,
      entity: ENTITY,
      validation: { mode: undefined, force: false },
      receivedAt: RECEIVED,
    });
  });

  it('tells automatic requests from those that somebody waits for', () => {
    expect(decodeRequest(manual({ internal: { mode: 'auto' } }), RECEIVED).mode).toBe('auto');
    expect(decodeRequest(manual({ internal: { mode: undefined } }), RECEIVED).mode).toBe('manual');
  });

  it.each([
    ['a JSON text (6.8.10 and later)', JSON.stringify(ENTITY), ENTITY],
    ['an object (6.8.9)', ENTITY, ENTITY],
    ['an empty text (could not be loaded)', '', undefined],
    ['null', null, undefined],
    ['absent (before 6.8.9)', undefined, undefined],
    ['broken JSON', '{"type":', undefined],
    ['JSON of something else', '[1]', undefined],
    ['a number', 7, undefined],
  ])('accepts a stix_entity that is %s', (_form, stixEntity, expected) => {
    const request = decodeRequest(manual({ event: { stix_entity: stixEntity } }), RECEIVED);
    expect(request.entity).toEqual(expected);
  });

  it('takes no draft from an empty or absent draft id', () => {
    expect(decodeRequest(manual({ internal: { draft_id: '' } }), RECEIVED).draftId).toBeUndefined();
    expect(decodeRequest(manual({ internal: { draft_id: null } }), RECEIVED).draftId).toBeUndefined();
  });

  it('honours a demand for validation', () => {
    const body = manual({ event: { validation_mode: 'draft', force_validation: true } });
    expect(decodeRequest(body, RECEIVED).validation).toEqual({ mode: 'draft', force: true });
  });

  it('tells requests apart whose works have the same id, because they were made in the same millisecond', () => {
    const other = 'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7';
    const keys = [ENTITY.id, other].map(
      (id) => decodeRequest(manual({ event: { entity_id: id } }), RECEIVED).key,
    );
    expect(new Set(keys).size).toBe(2);
  });

  it('reads a playbook step and finds the entity in its bundle', () => {
    const request = decodeRequest(playbook(), RECEIVED);

    expect(request.mode).toBe('playbook');
    expect(request.key).toBe(`playbook execution-1 step-2 ${ENTITY.id}`);
    expect(request.workId).toBeUndefined();
    expect(request.entityType).toBeUndefined();
    expect(request.applicantId).toBe('c49fe040-2dad-412d-af07-ce639204ad55');
    expect(request.entity).toEqual(ENTITY);
    expect(request.playbook).toEqual({
      executionId: 'execution-1',
      eventId: 'event-1',
      playbookId: 'playbook-1',
      dataInstanceId: ENTITY.id,
      stepId: 'step-2',
      previousStepId: 'step-1',
      bundle: { id: 'bundle--1', type: 'bundle', spec_version: '2.1', objects: [{ type: 'x' }, ENTITY] },
    });
  });

  it('leaves out an entity that is nested so deeply that it could not be written again', () => {
    const withDepth = (levels: number): string => {
      const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;
      return manual({ event: { stix_entity: { ...ENTITY, deep: '@deep@' } } }).replace('"@deep@"', deep);
    };
    expect(decodeRequest(withDepth(50), RECEIVED).entity).toMatchObject(ENTITY);
    expect(decodeRequest(withDepth(100_000), RECEIVED).entity).toBeUndefined();
  });

  it('reads a playbook step of a platform before 6.1.0, which has no event id', () => {
    const request = decodeRequest(playbook({ step: { event_id: undefined } }), RECEIVED);
    expect(request.playbook?.eventId).toBeUndefined();
  });

  it('leaves the entity open when the playbook bundle does not hold it', () => {
    const request = decodeRequest(playbook({ event: { bundle: { objects: [] } } }), RECEIVED);
    expect(request.entity).toBeUndefined();
  });

  it.each([
    ['body', 'not json'],
    ['body', '[]'],
    ['body', ''],
    ['internal', '{}'],
    ['event', '{"internal":{}}'],
    ['event.entity_id', manual({ event: { entity_id: undefined } })],
    ['event.entity_id', manual({ event: { entity_id: 42 } })],
    ['internal.work_id', manual({ internal: { work_id: null } })],
    ['internal.work_id', manual({ internal: { work_id: { a: 1 } } })],
    ['internal.draft_id', manual({ internal: { draft_id: 'a\r\nx-injected: 1' } })],
    ['internal.draft_id', manual({ internal: { draft_id: 'draft-é' } })],
    ['internal.applicant_id', manual({ internal: { applicant_id: ['a'] } })],
    ['internal.playbook', playbook().replace(/"playbook":\{[^}]*\}/, '"playbook":"yes"')],
    ['internal.playbook.step_id', playbook({ step: { step_id: undefined } })],
    ['internal.playbook.event_id', playbook({ step: { event_id: 5 } })],
    ['event.bundle', playbook({ event: { bundle: undefined } })],
    ['event.bundle', playbook({ event: { bundle: { objects: 'none' } } })],
    ['event.bundle', playbook({ event: { bundle: { objects: [nested(200)] } } })],
  ])('names %s as the reason why a message cannot be read', (field, body) => {
    const error = errorOf(body);
    expect(error.field).toBe(field);
    expect(error.message).toContain(error.remedy);
    expect(error.kind).toBe('invalid');
  });

  it('never throws anything but its own error, whatever bytes arrive', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(errorOf(Buffer.from(bytes))).toBeInstanceOf(UndecodableMessageError);
      }),
    );
  });

  it('decodes or refuses any JSON that is put into any field', () => {
    const field = fc.constantFrom('work_id', 'draft_id', 'applicant_id', 'mode', 'playbook');
    const eventField = fc.constantFrom(
      'entity_id',
      'entity_type',
      'stix_entity',
      'bundle',
      'validation_mode',
    );
    fc.assert(
      fc.property(field, fc.jsonValue(), eventField, fc.jsonValue(), (name, value, eventName, eventValue) => {
        const body = manual({ internal: { [name]: value }, event: { [eventName]: eventValue } });
        try {
          const request = decodeRequest(body, RECEIVED);
          expect(typeof request.key).toBe('string');
          expect(typeof request.entityId).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(UndecodableMessageError);
        }
      }),
    );
  });
});

describe('readRequest', () => {
  const unreadable = (body: string | Buffer): UnreadableMessage => {
    const read = readRequest(Buffer.from(body), RECEIVED);
    if (read instanceof UnreadableMessage) return read;
    throw new Error('the message was read');
  };

  it('reads what decodeRequest decodes', () => {
    expect(readRequest(Buffer.from(manual()), RECEIVED)).toEqual(decodeRequest(manual(), RECEIVED));
  });

  it('finds the work that would stay open', () => {
    const message = unreadable(manual({ event: { entity_id: 42 } }));
    expect(message).toMatchObject({ workId: 'work_vt_2026-01-02T03:04:05.000Z', entityId: undefined });
    expect(message.error.field).toBe('event.entity_id');
    expect(message.request).toMatchObject({
      key: message.key,
      mode: 'manual',
      workId: 'work_vt_2026-01-02T03:04:05.000Z',
      playbook: undefined,
      refusal:
        'the message cannot be read: event.entity_id is not an id; trigger the enrichment again, and report this with the version of OpenCTI if it persists.',
    });
  });

  it('finds the playbook step that would wait for ever, with what it is to be answered', () => {
    const message = unreadable(playbook({ event: { entity_id: undefined } }));
    expect(message.request).toMatchObject({ mode: 'playbook', workId: undefined });
    expect(message.request?.playbook?.stepId).toBe('step-2');
    expect(message.request?.playbook?.bundle).toMatchObject({ objects: [{ type: 'x' }, ENTITY] });
  });

  it.each([
    ['is no JSON', '{not json'],
    ['names no work', '{"internal":{},"event":{"entity_id":"ipv4-addr--1"}}'],
    ['names a work that cannot be one', manual({ internal: { work_id: ['x'] } })],
    ['is a playbook step whose bundle is missing', playbook({ event: { bundle: undefined } })],
  ])('has nobody to tell when the message %s', (_about, body) => {
    expect(unreadable(body).request).toBeUndefined();
  });

  it('takes the same bytes for the same message, and others for another', () => {
    expect(unreadable('{}').key).toBe(unreadable('{}').key);
    expect(unreadable('{}').key).not.toBe(unreadable('{ }').key);
  });
});

describe('excerptOf', () => {
  it('keeps one bounded line', () => {
    const excerpt = excerptOf(`a\n\u0000b${'c'.repeat(10_000)}`);
    expect(excerpt).toBe(`a b${'c'.repeat(197)}…`);
  });

  it('hides what looks like a secret', () => {
    const excerpt = excerptOf('{"api_token":"s3cr\\"et","a":"Bearer abc.def","b":"flgrn_octi_tkn_zzz"}');
    expect(excerpt).toBe('{"api_token":"[redacted]","a":"Bearer [redacted]","b":"[redacted]"}');
  });
});
