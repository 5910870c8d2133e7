import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../client.js';
import { parseTags } from '../logic/import-choice.js';
import { filterOf } from '../logic/query.js';
import { choiceOf, selectedCount } from '../logic/selection.js';
import { count } from '../logic/words.js';
import { Dialog } from '../parts/dialog.js';
import { Field, Select } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { facets, query, readList, selection } from '../state/iocs.js';
import { say } from '../state/toasts.js';

/** Gives tags to the selected IOCs, or takes them away. */
export function TagDialog({ onClose }: { readonly onClose: () => void }): VNode {
  const [text, setText] = useState('');
  const [action, setAction] = useState<'tag' | 'untag'>('tag');
  const submit = async (): Promise<void> => {
    const choice = choiceOf(selection.value, filterOf(query.value));
    const { changed } = await api.bulk(choice, action, parseTags(text));
    say(`Changed ${count(changed, 'IOC')}.`);
    onClose();
    await readList();
  };
  const common = facets.value?.tags.slice(0, 8).map((one) => one.tag) ?? [];
  return (
    <Dialog title={`Tags of ${count(selectedCount(selection.value), 'IOC')}`} onClose={onClose}>
      <Form submit={action === 'tag' ? 'Add the tags' : 'Remove the tags'} onSubmit={submit}>
        {(faultOf) => (
          <>
            <Select
              label="What to do"
              value={action}
              options={[
                { value: 'tag', text: 'Add' },
                { value: 'untag', text: 'Remove' },
              ]}
              onChange={setAction}
            />
            <Field
              label="Tags"
              name="tags"
              hint="Several are parted by commas."
              value={text}
              onInput={setText}
              fault={faultOf('tags')}
              required
              autofocus
            />
            {common.length > 0 && (
              <p class="suggestions">
                {common.map((one) => (
                  <button
                    key={one}
                    type="button"
                    class="tag"
                    onClick={() => {
                      setText([...new Set([...parseTags(text), one])].join(', '));
                    }}
                  >
                    {one}
                  </button>
                ))}
              </p>
            )}
          </>
        )}
      </Form>
    </Dialog>
  );
}
