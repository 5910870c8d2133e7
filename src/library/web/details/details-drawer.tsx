import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { IocDetails } from '../api.js';
import { api } from '../client.js';
import { focusRow } from '../list/focus-row.js';
import { toSearch } from '../logic/query.js';
import { IconButton } from '../parts/button.js';
import { Fault, Loading } from '../parts/states.js';
import { useRead } from '../parts/use-read.js';
import { query, touched } from '../state/iocs.js';
import { DetailsHead } from './details-head.js';
import { EnginesSection } from './engines-section.js';
import { HistorySection } from './history-section.js';
import { Identity } from './identity.js';
import { RelatedSection, RelationsSection } from './related-section.js';
import { ReportSection } from './report-section.js';
import { Section } from './section.js';
import { Facts } from '../parts/facts.js';

/** Everything about one IOC, beside the list; on a narrow screen above it. Has an address of its own. */
export function DetailsDrawer({ id }: { readonly id: string }): VNode {
  const [, navigate] = useLocation();
  const drawer = useRef<HTMLElement>(null);
  const read = useRead(id, (signal) => api.ioc(id, signal));
  const close = (): void => {
    const search = toSearch(query.value);
    navigate(search === '' ? '/' : `/?${search}`);
    requestAnimationFrame(() => {
      focusRow(id);
    });
  };
  // Keys may come between a new IOC and the effects of its appearance.
  const closeNow = useRef(close);
  closeNow.current = close;
  useEffect(() => {
    // Without scrolling: the list stays where it is.
    drawer.current?.focus({ preventScroll: true });
  }, []);
  const seen = useRef(touched.value);
  useEffect(() => {
    if (touched.value === seen.current) return;
    seen.current = touched.value;
    if (touched.value.id === id || touched.value.id === null) read.again();
  }, [touched.value]);
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      if (document.querySelector('dialog[open], :popover-open') !== null) return;
      if (event.target instanceof HTMLInputElement && event.target.id === 'search') return;
      closeNow.current();
    };
    document.addEventListener('keydown', listen);
    return () => {
      document.removeEventListener('keydown', listen);
    };
  }, []);
  return (
    <aside ref={drawer} class="drawer" aria-label="Details" tabIndex={-1}>
      <IconButton icon="close" label="Close the details" class="drawer-close" onClick={close} />
      {read.fault !== null && <Fault text={read.fault} onRetry={read.again} />}
      {read.fault === null && read.value === undefined && <Loading what="the details" />}
      {read.value !== undefined && <Content ioc={read.value} onChanged={read.again} onDeleted={close} />}
    </aside>
  );
}

interface ContentProps {
  readonly ioc: IocDetails;
  readonly onChanged: () => void;
  readonly onDeleted: () => void;
}

function Content({ ioc, onChanged, onDeleted }: ContentProps): VNode {
  const { details } = ioc;
  return (
    <>
      <DetailsHead ioc={ioc} onDeleted={onDeleted} />
      <Identity key={ioc.id} ioc={ioc} onChanged={onChanged} />
      {details?.known === true && (
        <>
          {details.summary.length > 0 && (
            <Section title="Summary">
              <Facts facts={details.summary} />
            </Section>
          )}
          {details.threatNames.length > 0 && (
            <Section title="Threat names" count={details.threatNames.length}>
              <ul class="names">
                {details.threatNames.map((one) => (
                  <li key={one}>{one}</li>
                ))}
              </ul>
            </Section>
          )}
          {details.engines.length > 0 && <EnginesSection key={ioc.id} engines={details.engines} />}
          {details.files.length > 0 && (
            <Section title="File">
              <Facts facts={details.files} />
            </Section>
          )}
          {details.network.length > 0 && (
            <Section title="Network">
              <Facts facts={details.network} />
            </Section>
          )}
          {details.findings.length > 0 && (
            <Section title="Findings">
              <Facts facts={details.findings} />
            </Section>
          )}
          {details.related.length > 0 && (
            <RelatedSection key={`${ioc.id} ${details.fetchedAt}`} ioc={ioc} onImported={onChanged} />
          )}
        </>
      )}
      {ioc.relations.length > 0 && <RelationsSection relations={ioc.relations} />}
      {ioc.history.length > 0 && <HistorySection history={ioc.history} />}
      {details !== null && <ReportSection key={`report ${ioc.id}`} id={ioc.id} />}
    </>
  );
}
