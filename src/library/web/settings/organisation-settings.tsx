import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Organisation } from '../api.js';
import { api } from '../client.js';
import { Field } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { Fault, Loading } from '../parts/states.js';
import { useRead } from '../parts/use-read.js';
import { say } from '../state/toasts.js';

export function OrganisationSettings(): VNode {
  const read = useRead('organisations', () => api.organisations());
  const [name, setName] = useState('');
  const create = async (): Promise<void> => {
    await api.createOrganisation(name);
    setName('');
    read.again();
  };
  return (
    <>
      {read.fault !== null && <Fault text={read.fault} onRetry={read.again} />}
      {read.fault === null && read.value === undefined && <Loading what="the organisations" />}
      {read.value?.items.map((one) => (
        <Editor key={one.id} organisation={one} />
      ))}
      <h2>New organisation</h2>
      <Form submit="Create the organisation" onSubmit={create} class="form-narrow">
        {(faultOf) => (
          <Field label="Name" name="name" value={name} onInput={setName} fault={faultOf('name')} required />
        )}
      </Form>
    </>
  );
}

const asBudget = (text: string): number | null => (text.trim() === '' ? null : Number(text));

function Editor({ organisation }: { readonly organisation: Organisation }): VNode {
  const [name, setName] = useState(organisation.name);
  const [day, setDay] = useState(String(organisation.budgetPerDay ?? ''));
  const [month, setMonth] = useState(String(organisation.budgetPerMonth ?? ''));
  const save = async (): Promise<void> => {
    await api.changeOrganisation(organisation.id, {
      name,
      budgetPerDay: asBudget(day),
      budgetPerMonth: asBudget(month),
    });
    say('Saved.');
  };
  return (
    <Form submit="Save" kind="plain" onSubmit={save} class="form-row">
      {(faultOf) => (
        <>
          <Field label="Name" name="name" value={name} onInput={setName} fault={faultOf('name')} required />
          <Field
            label="Look-ups a day"
            name="budgetPerDay"
            type="number"
            min={0}
            placeholder="no limit"
            value={day}
            onInput={setDay}
            fault={faultOf('budgetPerDay')}
          />
          <Field
            label="Look-ups a month"
            name="budgetPerMonth"
            type="number"
            min={0}
            placeholder="no limit"
            value={month}
            onInput={setMonth}
            fault={faultOf('budgetPerMonth')}
          />
        </>
      )}
    </Form>
  );
}
