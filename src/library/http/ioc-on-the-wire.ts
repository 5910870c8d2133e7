import type { Static } from 'typebox';
import type { IocRecord } from '../store/ioc-record.js';
import { detectionRatio } from '../verdict/badge.js';
import type { IocOnTheWire } from './schemas.js';

/** An IOC as it goes out. */
export function iocOnTheWire(record: IocRecord): Static<typeof IocOnTheWire> {
  const { id, type, value, source, note, verdict, malicious, suspicious, engines } = record;
  const { threatLabel, enrichedAt, createdAt, updatedAt } = record;
  return {
    id,
    type,
    value,
    tags: [...record.tags],
    source,
    note,
    verdict,
    malicious,
    suspicious,
    engines,
    ratio: detectionRatio({ malicious, engines }),
    threatLabel,
    enrichedAt,
    createdAt,
    updatedAt,
  };
}
