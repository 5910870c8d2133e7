import type { VNode } from 'preact';
import { Link } from 'wouter-preact';
import type { UsageWindow } from '../api.js';
import { levelOf, usedOf } from '../logic/usage-level.js';
import { usage } from '../state/usage.js';

/** Two small gauges of the VirusTotal key: this minute and today. Leads to all of them. */
export function UsageMeter(): VNode | null {
  const now = usage.value;
  if (now === undefined) return null;
  return (
    <Link href="/settings/usage" class="usage-meter" title="VirusTotal look-ups with this key">
      <Gauge name="min" window={now.key.perMinute} />
      <Gauge name="day" window={now.key.perDay} />
    </Link>
  );
}

function Gauge({ name, window }: { readonly name: string; readonly window: UsageWindow }): VNode {
  return (
    <span class={`gauge gauge-${levelOf(window)}`}>
      <span class="gauge-text">
        {usedOf(window).replace(' of ', ' / ')} <span class="gauge-name">{name}</span>
      </span>
      {window.limit !== null && (
        <meter
          min={0}
          max={Math.max(1, window.limit)}
          value={window.used}
          aria-label={`Look-ups per ${name}`}
        />
      )}
    </span>
  );
}
