import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import {
  levelOf,
  limitWarning,
  usedOf,
  windowsOf,
  type Level,
  type NamedWindow,
} from '../logic/usage-level.js';
import { comeBack } from '../logic/words.js';
import { Loading } from '../parts/states.js';
import { readUsage, usage } from '../state/usage.js';

const LEVEL_NAMES: Readonly<Record<Level, string>> = { calm: '', near: 'nearly spent', spent: 'spent' };

/** What the key and the organisation have used, as it happens. */
export function UsageSettings(): VNode {
  useEffect(() => {
    void readUsage();
  }, []);
  const now = usage.value;
  if (now === undefined) return <Loading what="the usage" />;
  const warning = limitWarning(now, new Date());
  return (
    <>
      {warning !== null && (
        <p class={`limit limit-${warning.level}`} role="status">
          {warning.text}
        </p>
      )}
      <ul class="windows">
        {windowsOf(now).map((one) => (
          <Window key={one.name} {...one} />
        ))}
      </ul>
      <p class="hint">
        Counted live. A look-up waits when the minute is full, and is refused when a day or a month is.
      </p>
    </>
  );
}

function Window({ name, window }: NamedWindow): VNode {
  const level = levelOf(window);
  const { limit, resetsAt } = window;
  return (
    <li class={`window gauge-${level}`}>
      <span class="window-name">{name}</span>
      <span class="window-used">
        {usedOf(window)}
        {level !== 'calm' && <strong> {LEVEL_NAMES[level]}</strong>}
      </span>
      {limit !== null && (
        <meter min={0} max={Math.max(1, limit)} value={window.used} aria-label={`${name}: look-ups used`} />
      )}
      <span class="faint">
        {limit === null
          ? 'No limit'
          : resetsAt == null
            ? ''
            : `Resets ${comeBack(new Date(resetsAt), new Date())}`}
      </span>
    </li>
  );
}
