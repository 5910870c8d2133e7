import { signal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { IOC_TYPES, VERDICTS, type TagCount, type Verdict } from '../api.js';
import { changed, toggled, type ListQuery } from '../logic/query.js';
import { TYPE_NAMES } from '../logic/type-names.js';
import { number } from '../logic/words.js';
import { facets, query } from '../state/iocs.js';

/** On narrow screens the panel opens on demand. */
export const isFacetPanelOpen = signal(false);

const VERDICT_NAMES: Readonly<Record<Verdict, string>> = {
  malicious: 'Malicious',
  suspicious: 'Suspicious',
  clean: 'Clean',
  unknown: 'Unknown',
};
const TAGS_AT_FIRST = 12;

type Change = (next: ListQuery) => void;

/** Filters with the number of IOCs behind each. */
export function FacetPanel({ change }: { readonly change: Change }): VNode {
  const now = query.value;
  const counts = facets.value;
  return (
    <aside id="facets" class={isFacetPanelOpen.value ? 'facets facets-open' : 'facets'} aria-label="Filters">
      <Group title="Verdict">
        {VERDICTS.map((one) => (
          <Option
            key={one}
            count={counts?.verdicts.find((two) => two.verdict === one)?.count ?? 0}
            text={VERDICT_NAMES[one]}
            swatch={one}
            checked={now.verdict?.includes(one) === true}
            onChange={() => {
              change(changed(now, { verdict: toggled(now.verdict, one) }));
            }}
          />
        ))}
      </Group>
      <Group title="Enrichment">
        {([true, false] as const).map((enriched) => (
          <Option
            key={String(enriched)}
            count={counts?.enriched[enriched ? 'yes' : 'no'] ?? 0}
            text={enriched ? 'Enriched' : 'Not enriched'}
            checked={now.enriched === enriched}
            onChange={() => {
              change(changed(now, { enriched: now.enriched === enriched ? undefined : enriched }));
            }}
          />
        ))}
      </Group>
      <Group title="Type">
        {IOC_TYPES.map((one) => (
          <Option
            key={one}
            count={counts?.types.find((two) => two.type === one)?.count ?? 0}
            text={TYPE_NAMES[one]}
            checked={now.type?.includes(one) === true}
            onChange={() => {
              change(changed(now, { type: toggled(now.type, one) }));
            }}
          />
        ))}
      </Group>
      <Tags tags={counts?.tags ?? []} change={change} />
    </aside>
  );
}

function Tags({
  tags,
  change,
}: {
  readonly tags: readonly TagCount[];
  readonly change: Change;
}): VNode | null {
  const [whole, setWhole] = useState(false);
  const now = query.value;
  if (tags.length === 0) return null;
  return (
    <Group title="Tags">
      {(whole ? tags : tags.slice(0, TAGS_AT_FIRST)).map((one) => (
        <Option
          key={one.tag}
          count={one.count}
          text={one.tag}
          checked={now.tag?.includes(one.tag) === true}
          onChange={() => {
            change(changed(now, { tag: toggled(now.tag, one.tag) }));
          }}
        />
      ))}
      {tags.length > TAGS_AT_FIRST && (
        <button
          type="button"
          class="link-button"
          onClick={() => {
            setWhole(!whole);
          }}
        >
          {whole ? 'Fewer tags' : `${tags.length - TAGS_AT_FIRST} more tags`}
        </button>
      )}
    </Group>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ComponentChildren }): VNode {
  return (
    <fieldset class="facet">
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

interface OptionProps {
  readonly count: number;
  readonly text: string;
  readonly checked: boolean;
  readonly onChange: () => void;
  readonly swatch?: Verdict;
}

function Option({ count, text, checked, onChange, swatch }: OptionProps): VNode {
  return (
    <label class={count === 0 && !checked ? 'facet-option facet-none' : 'facet-option'}>
      <input type="checkbox" checked={checked} onChange={onChange} />
      {swatch !== undefined && <span class={`swatch swatch-${swatch}`} aria-hidden="true" />}
      <span class="facet-name">{text}</span>
      <span class="facet-count">{number(count)}</span>
    </label>
  );
}
