import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { EngineVerdict } from '../api.js';
import { categoryName, grouped, GROUP_NAMES, matching, type EngineGroup } from '../logic/engines.js';
import { Section } from './section.js';

/** Verdicts of the engines, grouped; narrowed by text and by group. */
export function EnginesSection({ engines }: { readonly engines: readonly EngineVerdict[] }): VNode {
  const [text, setText] = useState('');
  const all = grouped(engines);
  const worst = all[0]?.group;
  const [group, setGroup] = useState<EngineGroup | null>(
    worst === 'malicious' || worst === 'suspicious' ? worst : null,
  );
  const shown = grouped(matching(engines, text, group));
  return (
    <Section title="Engines" count={engines.length}>
      <div class="engine-tools">
        <div class="segments" role="group" aria-label="Group">
          <Segment
            isOn={group === null}
            text="All"
            count={engines.length}
            onClick={() => {
              setGroup(null);
            }}
          />
          {all.map((one) => (
            <Segment
              key={one.group}
              isOn={group === one.group}
              text={GROUP_NAMES[one.group]}
              count={one.engines.length}
              onClick={() => {
                setGroup(one.group);
              }}
            />
          ))}
        </div>
        <input
          class="engine-search"
          type="search"
          aria-label="Filter engines by name or result"
          placeholder="Engine or result"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
          }}
        />
      </div>
      {shown.length === 0 && <p class="faint">No engine matches.</p>}
      {shown.map((one) => (
        <div key={one.group} class="engine-group">
          <h4>
            <i class={`cell cell-${one.group}`} aria-hidden="true" />
            {GROUP_NAMES[one.group]}
          </h4>
          <ul class="engines">
            {one.engines.map((engine) => (
              <li key={engine.engine}>
                <span class="engine-name">{engine.engine}</span>
                <span class="engine-result">{engine.result ?? categoryName(engine.category)}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Section>
  );
}

interface SegmentProps {
  readonly isOn: boolean;
  readonly text: string;
  readonly count: number;
  readonly onClick: () => void;
}

function Segment({ isOn, text, count, onClick }: SegmentProps): VNode {
  return (
    <button type="button" class="segment" aria-pressed={isOn} onClick={onClick}>
      {text} <span class="segment-count">{count}</span>
    </button>
  );
}
