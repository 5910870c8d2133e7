import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Preview, PreviewItem } from '../api.js';
import { TYPE_NAMES } from '../logic/type-names.js';
import { number } from '../logic/words.js';

interface PreviewListProps {
  readonly preview: Preview;
  readonly picked: ReadonlySet<number>;
  readonly onPick: (picked: ReadonlySet<number>) => void;
}

/** So many rows are shown at a time: a file of 5 MB has more than a page can hold. */
const STEP = 200;

/** Every IOC that was found, and what could not be read. */
export function PreviewList({ preview, picked, onPick }: PreviewListProps): VNode {
  const [shown, setShown] = useState(STEP);
  const choosable = preview.items.flatMap((one, position) => (one.state === 'duplicate' ? [] : [position]));
  const isWhole = choosable.length > 0 && choosable.every((position) => picked.has(position));
  const turn = (position: number): void => {
    const next = new Set(picked);
    if (!next.delete(position)) next.add(position);
    onPick(next);
  };
  return (
    <>
      {preview.faults.length > 0 && <Faults faults={preview.faults} leftOut={preview.faultsLeftOut} />}
      <div class="preview" role="group" aria-label="IOCs found" tabIndex={0}>
        <label class="preview-row preview-head">
          <input
            type="checkbox"
            checked={isWhole}
            indeterminate={!isWhole && picked.size > 0}
            onChange={() => {
              onPick(new Set(isWhole ? [] : choosable));
            }}
          />
          <span>All, the known ones too</span>
        </label>
        {preview.items.slice(0, shown).map((one, position) => (
          <Row
            key={position}
            item={one}
            checked={picked.has(position) && one.state !== 'duplicate'}
            onTurn={() => {
              turn(position);
            }}
          />
        ))}
        {preview.items.length > shown && (
          <button
            type="button"
            class="link-button"
            onClick={() => {
              setShown(shown + STEP * 5);
            }}
          >
            Show more of the other {number(preview.items.length - shown)}
          </button>
        )}
      </div>
    </>
  );
}

const STATE_NAMES = { new: 'new', known: 'known', duplicate: 'duplicate' } as const;

interface RowProps {
  readonly item: PreviewItem;
  readonly checked: boolean;
  readonly onTurn: () => void;
}

function Row({ item, checked, onTurn }: RowProps): VNode {
  return (
    <label class={`preview-row preview-${item.state}`}>
      <input type="checkbox" checked={checked} disabled={item.state === 'duplicate'} onChange={onTurn} />
      <span class="preview-state">{STATE_NAMES[item.state]}</span>
      <span class="preview-type">{TYPE_NAMES[item.type]}</span>
      <span class="preview-value">
        <code>{item.value}</code>
        {item.original !== item.value && <small>from {item.original}</small>}
        {item.caveat !== undefined && <small>{item.caveat}</small>}
      </span>
      <span class="preview-line">{item.line === undefined ? '' : `line ${item.line}`}</span>
    </label>
  );
}

interface FaultsProps {
  readonly faults: Preview['faults'];
  readonly leftOut: number;
}

function Faults({ faults, leftOut }: FaultsProps): VNode {
  return (
    <details class="faults">
      <summary>What could not be read ({number(faults.length + leftOut)})</summary>
      <ul>
        {faults.slice(0, STEP).map((one, position) => (
          <li key={position}>
            {one.line !== undefined && <span class="preview-line">line {one.line} </span>}
            <code>{one.text}</code> {one.reason}
          </li>
        ))}
      </ul>
    </details>
  );
}
