import { describe, expect, it } from 'vitest';
import { heartbeatLife } from './health-parts.js';

describe('heartbeatLife', () => {
  it('bears the longest that a ping may take, and no ten minutes without the end of one', () => {
    expect(heartbeatLife({ quietMs: 220_000 }).ok).toBe(true);
    expect(heartbeatLife({ quietMs: 600_000 })).toMatchObject({
      ok: false,
      detail: 'no ping has ended for 10 minutes',
    });
  });
});
