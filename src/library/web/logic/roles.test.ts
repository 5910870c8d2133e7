import { describe, expect, it } from 'vitest';
import { grantable, may } from './roles.js';

describe('a role', () => {
  it.each([
    ['viewer', 'analyst', false],
    ['analyst', 'analyst', true],
    ['super_admin', 'admin', true],
    ['admin', 'super_admin', false],
  ] as const)('%s, where %s is needed: %s', (role, needed, expected) => {
    expect(may(role, needed)).toBe(expected);
  });

  it('gives no more than itself', () => {
    expect(grantable('admin')).toEqual(['viewer', 'analyst', 'admin']);
  });
});
