import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { SCOPES, type ApiToken, type Scope } from '../api.js';
import { api } from '../client.js';
import { dateTime } from '../logic/words.js';
import { Button } from '../parts/button.js';
import { Check, Field } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { Empty, Fault, Loading } from '../parts/states.js';
import { useRead } from '../parts/use-read.js';
import { ask } from '../state/dialogs.js';
import { ShownOnce } from './shown-once.js';

const SCOPE_HINTS: Readonly<Record<Scope, string>> = {
  read: 'List, search and export',
  write: 'Import, tag and delete',
  lookup: 'Look up on VirusTotal',
};

export function TokenSettings(): VNode {
  const tokens = useRead('tokens', () => api.tokens());
  const [fresh, setFresh] = useState<string | null>(null);
  return (
    <>
      {fresh !== null && (
        <ShownOnce
          title="Your new token"
          text={fresh}
          onClose={() => {
            setFresh(null);
          }}
        />
      )}
      {tokens.fault !== null && <Fault text={tokens.fault} onRetry={tokens.again} />}
      {tokens.fault === null && tokens.value === undefined && <Loading what="your tokens" />}
      {tokens.value?.items.length === 0 && (
        <Empty title="You have no API token.">
          <p>A token lets a script use the API with your rights, or with fewer.</p>
        </Empty>
      )}
      {tokens.value !== undefined && tokens.value.items.length > 0 && (
        <ul class="entries">
          {tokens.value.items.map((one) => (
            <TokenEntry key={one.id} token={one} onRemoved={tokens.again} />
          ))}
        </ul>
      )}
      <h2>New token</h2>
      <NewTokenForm
        onCreated={(token) => {
          setFresh(token);
          tokens.again();
        }}
      />
    </>
  );
}

function TokenEntry({
  token,
  onRemoved,
}: {
  readonly token: ApiToken;
  readonly onRemoved: () => void;
}): VNode {
  const remove = (): void => {
    ask({
      title: `Revoke the token “${token.name}”?`,
      text: 'Scripts that use it are refused from then on.',
      action: 'Revoke',
      onYes: async () => {
        await api.removeToken(token.id);
        onRemoved();
      },
    });
  };
  return (
    <li class="entry">
      <div class="entry-main">
        <strong>{token.name}</strong>
        <span class="faint">
          Made {dateTime(token.createdAt)}
          {token.expiresAt !== null && `, ends ${dateTime(token.expiresAt)}`}
          {token.lastUsedAt === null ? ', never used' : `, last used ${dateTime(token.lastUsedAt)}`}
        </span>
      </div>
      <span class="entry-tags">
        {token.scopes.map((one) => (
          <span key={one} class="tag">
            {one}
          </span>
        ))}
      </span>
      <Button icon="trash" kind="quiet" onClick={remove}>
        Revoke
      </Button>
    </li>
  );
}

function NewTokenForm({ onCreated }: { readonly onCreated: (token: string) => void }): VNode {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['read']);
  const [until, setUntil] = useState('');
  const create = async (): Promise<void> => {
    const { token } = await api.createToken({
      name,
      scopes,
      ...(until === '' ? {} : { expiresAt: new Date(until).toISOString() }),
    });
    setName('');
    onCreated(token);
  };
  return (
    <Form submit="Create the token" onSubmit={create} class="form-narrow">
      {(faultOf) => (
        <>
          <Field
            label="Name"
            name="name"
            hint="What it is for."
            value={name}
            onInput={setName}
            fault={faultOf('name')}
            required
          />
          <fieldset class="checks">
            <legend>Scopes</legend>
            {SCOPES.map((one) => (
              <Check
                key={one}
                checked={scopes.includes(one)}
                hint={SCOPE_HINTS[one]}
                onChange={(wanted) => {
                  setScopes(SCOPES.filter((two) => (two === one ? wanted : scopes.includes(two))));
                }}
              >
                {one}
              </Check>
            ))}
          </fieldset>
          <Field
            label="Ends on"
            name="expiresAt"
            type="date"
            hint="Within a year; empty: a year from now."
            value={until}
            onInput={setUntil}
            fault={faultOf('expiresAt')}
          />
        </>
      )}
    </Form>
  );
}
