import { describe, expect, it } from 'vitest';
import { shortcutOf, SHORTCUTS } from './shortcuts.js';

const press = (key: string, change: object = {}): Parameters<typeof shortcutOf>[0] => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...change,
});

describe('shortcuts', () => {
  it.each(SHORTCUTS)('$key: $text', ({ key, does }) => {
    expect(shortcutOf(press(key), false)).toBe(does);
  });

  it('are letters while someone writes', () => {
    expect(shortcutOf(press('j'), true)).toBeNull();
  });

  it.each(['ctrlKey', 'metaKey', 'altKey'])('leave %s to the browser', (modifier) => {
    expect(shortcutOf(press('k', { [modifier]: true }), false)).toBeNull();
  });

  it('have a key each', () => {
    expect(new Set(SHORTCUTS.map((one) => one.key)).size).toBe(SHORTCUTS.length);
  });
});
