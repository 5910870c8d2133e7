import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { ImportResult, IocDetails, RelatedGroup, RelatedItem, Relation } from '../api.js';
import { api } from '../client.js';
import { TYPE_NAMES } from '../logic/type-names.js';
import { count, number } from '../logic/words.js';
import { Button } from '../parts/button.js';
import { VerdictBadge } from '../parts/verdict-badge.js';
import { readList } from '../state/iocs.js';
import { allowed } from '../state/session.js';
import { run, say } from '../state/toasts.js';
import { Section } from './section.js';

interface RelatedSectionProps {
  readonly ioc: IocDetails;
  readonly onImported: () => void;
}

interface Picked extends Pick<RelatedItem, 'type' | 'value'> {
  readonly relation: string;
}

const keyOf = (one: Picked): string => `${one.relation} ${one.type} ${one.value}`;

/** What VirusTotal saw together with the IOC: ticked, it comes into the library with its relation. */
export function RelatedSection({ ioc, onImported }: RelatedSectionProps): VNode {
  const groups = ioc.details?.related ?? [];
  const [picked, setPicked] = useState<ReadonlyMap<string, Picked>>(new Map());
  const [busy, setBusy] = useState(false);
  const [started, setStarted] = useState<Pick<ImportResult, 'jobId' | 'notice'>>({});
  const put = (items: readonly Picked[], wanted: boolean): void => {
    const next = new Map(picked);
    for (const one of items) {
      if (wanted) next.set(keyOf(one), one);
      else next.delete(keyOf(one));
    }
    setPicked(next);
  };
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      const { created, known, ...next } = await api.importRelated(ioc.id, [...picked.values()]);
      say(`Imported ${count(created, 'related IOC')}${known > 0 ? `, ${known} known already` : ''}.`);
      setStarted(next);
      setPicked(new Map());
      onImported();
      await readList();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title="Related at VirusTotal" count={groups.reduce((sum, one) => sum + one.items.length, 0)}>
      {groups.map((one) => (
        <Group key={one.relation} group={one} picked={picked} onPut={put} />
      ))}
      {started.jobId !== undefined && (
        <p role="status">
          They are looked up as quota and budget allow.{' '}
          <Link href={`/jobs/${started.jobId}`}>Watch the enrichment</Link>
        </p>
      )}
      {started.notice !== undefined && <p role="alert">Not looked up: {started.notice}</p>}
      {picked.size > 0 && (
        <div class="related-foot">
          <Button
            kind="primary"
            icon="plus"
            busy={busy}
            onClick={() => {
              run(submit);
            }}
          >
            Import {count(picked.size, 'related IOC')}
          </Button>
        </div>
      )}
    </Section>
  );
}

interface GroupProps {
  readonly group: RelatedGroup;
  readonly picked: ReadonlyMap<string, Picked>;
  readonly onPut: (items: readonly Picked[], wanted: boolean) => void;
}

function Group({ group, picked, onPut }: GroupProps): VNode {
  const asPicked = (one: RelatedItem): Picked => ({
    type: one.type,
    value: one.value,
    relation: group.relation,
  });
  const importable = group.items.filter((one) => one.iocId === null).map(asPicked);
  const isWhole = importable.length > 0 && importable.every((one) => picked.has(keyOf(one)));
  return (
    <fieldset class="related">
      <legend>
        {group.label} <span class="section-count">{group.items.length}</span>
        {allowed('analyst') && importable.length > 1 && (
          <button
            type="button"
            class="link-button"
            onClick={() => {
              onPut(importable, !isWhole);
            }}
          >
            {isWhole ? 'Deselect all' : 'Select all'}
          </button>
        )}
      </legend>
      <ul>
        {group.items.map((one) => (
          <li key={`${one.type} ${one.value}`} class="related-item">
            <Item
              item={one}
              checked={picked.has(keyOf(asPicked(one)))}
              onPick={(wanted) => {
                onPut([asPicked(one)], wanted);
              }}
            />
          </li>
        ))}
      </ul>
      {group.more !== 0 && (
        <p class="hint">
          VirusTotal knows {group.more === null ? 'more of them' : `${number(group.more)} more`}.
        </p>
      )}
    </fieldset>
  );
}

interface ItemProps {
  readonly item: RelatedItem;
  readonly checked: boolean;
  readonly onPick: (wanted: boolean) => void;
}

function Item({ item, checked, onPick }: ItemProps): VNode {
  const text = (
    <>
      <span class="related-type">{TYPE_NAMES[item.type]}</span>
      <span class="related-value">
        {item.value}
        {item.name !== undefined && <small>{item.name}</small>}
      </span>
    </>
  );
  if (item.iocId !== null) {
    return (
      <Link href={`/iocs/${item.iocId}`} class="related-known">
        {text}
        <span class="tag">in the library</span>
      </Link>
    );
  }
  if (!allowed('analyst')) return <div class="related-known">{text}</div>;
  return (
    <label>
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => {
          onPick(event.currentTarget.checked);
        }}
      />
      {text}
    </label>
  );
}

/** Relations that the library keeps, in both directions. */
export function RelationsSection({ relations }: { readonly relations: readonly Relation[] }): VNode {
  return (
    <Section title="Relations in the library" count={relations.length}>
      <ul class="relations">
        {relations.map((one) => (
          <li key={one.id}>
            <span class="relation-name">
              {one.direction === 'to' ? '→' : '←'} {one.relation.replaceAll('_', ' ')}
            </span>
            <Link class="value" href={`/iocs/${one.ioc.id}`}>
              {one.ioc.value}
            </Link>
            <VerdictBadge ioc={one.ioc} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
