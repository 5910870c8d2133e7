import type { VNode } from 'preact';
import type { Ioc } from '../api.js';
import { badgeOf, type Badge } from '../logic/badge.js';
import { Icon, type IconName } from './icon.js';

const ICONS: Readonly<Record<Badge['tone'], IconName>> = {
  clean: 'check',
  suspicious: 'warning',
  malicious: 'alarm',
  unknown: 'question',
  none: 'hollow',
};

/** The verdict, told by text and icon as well as by colour. */
export function VerdictBadge({ ioc }: { readonly ioc: Pick<Ioc, 'verdict' | 'ratio'> }): VNode {
  const badge = badgeOf(ioc);
  return (
    <span class={`badge badge-${badge.tone}`} title={badge.meaning}>
      <Icon name={ICONS[badge.tone]} />
      {badge.tone === 'malicious' && ioc.ratio !== null && <span class="out-of-sight">Malicious </span>}
      {badge.text}
    </span>
  );
}
