/** Top-level names that no registry delegates (RFC 2606, RFC 6761, RFC 8375 and names in private use). */
const undelegatedTopLevel = new Set([
  'corp',
  'example',
  'home',
  'internal',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'test',
]);

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const topLevelLabel = /^([a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/**
 * The name as the API spells it: lower case, without the trailing dot.
 *
 * @returns `undefined` for bad syntax, for a name that is not in punycode and for an unknown top-level domain,
 *   all of which the API refuses alike.
 */
export function canonicalDomain(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name.length > 253) return undefined;
  const labels = name.split('.');
  const topLevel = labels.at(-1) ?? '';
  if (labels.length < 2 || !topLevelLabel.test(topLevel) || undelegatedTopLevel.has(topLevel))
    return undefined;
  return labels.every((part) => label.test(part)) ? name : undefined;
}
