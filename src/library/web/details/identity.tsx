import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { IocDetails } from '../api.js';
import { api } from '../client.js';
import { parseTags } from '../logic/import-choice.js';
import { dateTime } from '../logic/words.js';
import { Button } from '../parts/button.js';
import { Field, TextArea } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { putIoc } from '../state/iocs.js';
import { allowed } from '../state/session.js';
import { say } from '../state/toasts.js';
import { Section } from './section.js';

interface IdentityProps {
  readonly ioc: IocDetails;
  readonly onChanged: () => void;
}

/** What the library itself says about the IOC: tags, source, note, times. */
export function Identity({ ioc, onChanged }: IdentityProps): VNode {
  const [editing, setEditing] = useState(false);
  const stop = (): void => {
    setEditing(false);
  };
  return (
    <Section title="In the library">
      {editing ? (
        <Editor
          ioc={ioc}
          onSaved={() => {
            stop();
            onChanged();
          }}
          onCancel={stop}
        />
      ) : (
        <>
          <dl class="facts">
            <div>
              <dt>Tags</dt>
              <dd>
                {ioc.tags.length === 0 && <span class="faint">none</span>}
                {ioc.tags.map((one) => (
                  <Link key={one} class="tag" href={`/?tag=${encodeURIComponent(one)}`}>
                    {one}
                  </Link>
                ))}
              </dd>
            </div>
            <div>
              <dt>Source</dt>
              <dd>
                {ioc.source === null ? (
                  <span class="faint">none</span>
                ) : (
                  <Link href={`/?source=${encodeURIComponent(ioc.source)}`}>{ioc.source}</Link>
                )}
              </dd>
            </div>
            {ioc.note !== null && (
              <div>
                <dt>Note</dt>
                <dd class="note">{ioc.note}</dd>
              </div>
            )}
            <div>
              <dt>Added</dt>
              <dd>{dateTime(ioc.createdAt)}</dd>
            </div>
            <Seen label="First seen" iso={ioc.details?.firstSeen} />
            <Seen label="Last seen" iso={ioc.details?.lastSeen} />
          </dl>
          {allowed('analyst') && (
            <Button
              icon="tag"
              kind="quiet"
              onClick={() => {
                setEditing(true);
              }}
            >
              Edit tags, source and note
            </Button>
          )}
        </>
      )}
    </Section>
  );
}

function Seen({
  label,
  iso,
}: {
  readonly label: string;
  readonly iso: string | null | undefined;
}): VNode | null {
  if (iso == null) return null;
  return (
    <div>
      <dt>{label}</dt>
      <dd>{dateTime(iso)} (VirusTotal)</dd>
    </div>
  );
}

/** Nothing is told as `null`. */
function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

interface EditorProps {
  readonly ioc: IocDetails;
  readonly onSaved: () => void;
  readonly onCancel: () => void;
}

function Editor({ ioc, onSaved, onCancel }: EditorProps): VNode {
  const [tags, setTags] = useState(ioc.tags.join(', '));
  const [source, setSource] = useState(ioc.source ?? '');
  const [note, setNote] = useState(ioc.note ?? '');
  const save = async (): Promise<void> => {
    putIoc(await api.change(ioc.id, { tags: parseTags(tags), source: orNull(source), note: orNull(note) }));
    say('Saved.');
    onSaved();
  };
  return (
    <Form
      submit="Save"
      onSubmit={save}
      aside={
        <button type="button" class="link-button" onClick={onCancel}>
          Leave it as it is
        </button>
      }
    >
      {(faultOf) => (
        <>
          <Field
            label="Tags"
            name="tags"
            value={tags}
            onInput={setTags}
            fault={faultOf('tags')}
            hint="Parted by commas."
            autofocus
          />
          <Field label="Source" name="source" value={source} onInput={setSource} fault={faultOf('source')} />
          <TextArea label="Note" name="note" value={note} onInput={setNote} fault={faultOf('note')} />
        </>
      )}
    </Form>
  );
}
