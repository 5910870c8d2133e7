import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../client.js';
import { ROLE_NAMES } from '../logic/roles.js';
import { Facts } from '../parts/facts.js';
import { Field } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { user } from '../state/session.js';
import { say } from '../state/toasts.js';

export function AccountSettings(): VNode {
  const me = user.value;
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = async (): Promise<void> => {
    await api.changePassword(current, next);
    setCurrent('');
    setNext('');
    say('The password is changed.');
  };
  return (
    <>
      {me !== null && (
        <Facts
          facts={[
            { label: 'Name', value: me.name },
            { label: 'E-mail', value: me.email },
            { label: 'Role', value: ROLE_NAMES[me.role] },
            { label: 'Organisation', value: me.organisation.name },
          ]}
        />
      )}
      <h2>Change the password</h2>
      <Form submit="Change the password" onSubmit={change} class="form-narrow">
        {(faultOf) => (
          <>
            <Field
              label="Current password"
              name="current"
              type="password"
              autocomplete="current-password"
              value={current}
              onInput={setCurrent}
              fault={faultOf('current')}
              required
            />
            <Field
              label="New password"
              name="next"
              type="password"
              autocomplete="new-password"
              hint="At least 12 characters."
              value={next}
              onInput={setNext}
              fault={faultOf('next')}
              required
            />
          </>
        )}
      </Form>
    </>
  );
}
