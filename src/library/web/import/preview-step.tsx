import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ImportResult, Preview } from '../api.js';
import { api } from '../client.js';
import { chosen, countsOf, firstChoice, parseTags } from '../logic/import-choice.js';
import { count } from '../logic/words.js';
import { Button } from '../parts/button.js';
import { Check, Field } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { Empty } from '../parts/states.js';
import { readList } from '../state/iocs.js';
import { session } from '../state/session.js';
import { PreviewList } from './preview-list.js';

interface PreviewStepProps {
  readonly preview: Preview;
  readonly onBack: () => void;
  readonly onResult: (result: ImportResult) => void;
}

/** What was found, with check boxes; what to give the imported. */
export function PreviewStep({ preview, onBack, onResult }: PreviewStepProps): VNode {
  const [picked, setPicked] = useState(() => firstChoice(preview));
  const [tags, setTags] = useState('');
  const [source, setSource] = useState('');
  const [enrich, setEnrich] = useState(false);
  const items = useMemo(() => chosen(preview, picked), [preview, picked]);
  const submit = async (): Promise<void> => {
    if (items.length === 0) throw new Error('Tick at least one IOC.');
    const result = await api.import({
      items,
      ...(tags.trim() === '' ? {} : { tags: parseTags(tags) }),
      ...(source.trim() === '' ? {} : { source: source.trim() }),
      enrich,
    });
    void readList();
    onResult(result);
  };
  if (preview.items.length === 0 && preview.faults.length === 0) {
    return (
      <Empty title="No IOC was found in this text.">
        <p>Looked for MD5, SHA-1 and SHA-256 hashes, domains, hostnames, URLs, IPv4 and IPv6 addresses.</p>
        <Button icon="left" onClick={onBack}>
          Back to the text
        </Button>
      </Empty>
    );
  }
  return (
    <Form
      submit={`Import ${count(items.length, 'IOC')}`}
      onSubmit={submit}
      aside={
        <button type="button" class="link-button" onClick={onBack}>
          Back to the text
        </button>
      }
    >
      {(faultOf) => (
        <>
          <Summary preview={preview} />
          <PreviewList preview={preview} picked={picked} onPick={setPicked} />
          <div class="import-give">
            <Field
              label="Tags"
              name="tags"
              value={tags}
              onInput={setTags}
              fault={faultOf('tags')}
              placeholder="emotet, campaign 7"
              hint="For all of them; parted by commas."
            />
            <Field
              label="Source"
              name="source"
              value={source}
              onInput={setSource}
              fault={faultOf('source')}
              placeholder="Report of 12 May"
              hint="Where they come from."
            />
          </div>
          {session.value?.enrichesImports === true ? (
            <p class="hint">
              New ones are looked up on VirusTotal at once, as your organisation looks up what is imported
              (Settings, Enrichment).
            </p>
          ) : (
            <Check
              checked={enrich}
              onChange={setEnrich}
              hint={`Costs up to ${count(items.length, 'look-up')} of the VirusTotal quota.`}
            >
              Enrich them at once
            </Check>
          )}
        </>
      )}
    </Form>
  );
}

const FORMAT_NAMES = { text: 'text', csv: 'CSV', stix: 'STIX bundle' } as const;

function Summary({ preview }: { readonly preview: Preview }): VNode {
  const counts = countsOf(preview);
  return (
    <p class="summary" role="status">
      Read as {FORMAT_NAMES[preview.format]}: <strong>{counts.new} new</strong>, {counts.known} known already,{' '}
      {count(counts.duplicate, 'duplicate')}
      {counts.faults > 0 && (
        <>
          , <strong class="fault-text">{count(counts.faults, 'fault')}</strong>
        </>
      )}
      .
    </p>
  );
}
