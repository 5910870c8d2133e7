import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Field } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { farewell, logIn } from '../state/session.js';
import { Entrance } from './entrance.js';

export function LogInView(): VNode {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Entrance title="Log in">
      {farewell.value !== null && (
        <p class="entrance-note" role="status">
          {farewell.value}
        </p>
      )}
      <Form submit="Log in" onSubmit={() => logIn(email, password)}>
        {(faultOf) => (
          <>
            <Field
              label="E-mail"
              name="email"
              type="email"
              autocomplete="username"
              value={email}
              onInput={setEmail}
              fault={faultOf('email')}
              required
              autofocus
            />
            <Field
              label="Password"
              name="password"
              type="password"
              autocomplete="current-password"
              value={password}
              onInput={setPassword}
              fault={faultOf('password')}
              required
            />
          </>
        )}
      </Form>
      <p class="entrance-foot">No account? Ask an admin for an invitation link.</p>
    </Entrance>
  );
}
