import type { VNode } from 'preact';
import type { IocDetails } from '../api.js';
import { badgeOf } from '../logic/badge.js';
import { defang } from '../logic/defang.js';
import { TYPE_NAMES } from '../logic/type-names.js';
import { ago, dateTime } from '../logic/words.js';
import { askToDelete } from '../list/ioc-row.js';
import { Button } from '../parts/button.js';
import { copy } from '../parts/copy.js';
import { Icon } from '../parts/icon.js';
import { VerdictBadge } from '../parts/verdict-badge.js';
import { inLookUp, lookUp } from '../state/iocs.js';
import { allowed } from '../state/session.js';
import { EngineField } from './engine-field.js';

/** Value, verdict and what can be done at once. */
export function DetailsHead({
  ioc,
  onDeleted,
}: {
  readonly ioc: IocDetails;
  readonly onDeleted: () => void;
}): VNode {
  const { details } = ioc;
  const busy = inLookUp.value.has(ioc.id);
  const badge = badgeOf(ioc);
  return (
    <header class={`card card-${badge.tone}`}>
      <p class="card-type">{TYPE_NAMES[ioc.type]}</p>
      <h2 class="card-value">{ioc.value}</h2>
      <div class="card-copy">
        <Button
          icon="copy"
          kind="quiet"
          onClick={() => {
            copy(ioc.value, 'the value');
          }}
        >
          Copy
        </Button>
        <Button
          icon="shield"
          kind="quiet"
          onClick={() => {
            copy(defang(ioc.type, ioc.value), 'the value, defanged');
          }}
        >
          Copy defanged
        </Button>
        {details?.link != null && (
          <a class="button button-quiet" href={details.link} target="_blank" rel="noreferrer noopener">
            <Icon name="out" />
            VirusTotal
          </a>
        )}
      </div>
      <div class="card-verdict">
        <VerdictBadge ioc={ioc} />
        {ioc.ratio !== null && ioc.verdict !== 'malicious' && <span class="ratio">{ioc.ratio}</span>}
        {ioc.threatLabel !== null && <span class="threat">{ioc.threatLabel}</span>}
      </div>
      {details !== null && details.engines.length > 0 && <EngineField engines={details.engines} />}
      {details?.known === false && <p>VirusTotal does not know it.</p>}
      {details === null && (
        <p class="card-note">
          Not looked up yet: verdict, engines, context and related IOCs come with the first look-up.
        </p>
      )}
      <div class="card-foot">
        {ioc.enrichedAt !== null && (
          <span class="faint" title={dateTime(ioc.enrichedAt)}>
            Looked up {ago(ioc.enrichedAt, new Date())}
          </span>
        )}
        {allowed('analyst') && (
          <>
            <Button
              icon={details === null ? 'search' : 'refresh'}
              kind={details === null ? 'primary' : 'plain'}
              busy={busy}
              onClick={() => {
                lookUp(ioc);
              }}
            >
              {details === null ? 'Look up on VirusTotal' : 'Look up again'}
            </Button>
            <Button
              icon="trash"
              kind="quiet"
              onClick={() => {
                askToDelete(ioc, onDeleted);
              }}
            >
              Delete
            </Button>
          </>
        )}
      </div>
    </header>
  );
}
