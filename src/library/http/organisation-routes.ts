import { Type, type Static } from 'typebox';
import type { Accounts } from '../accounts/accounts.js';
import type { OrganisationRecord } from '../store/organisation-store.js';
import { allow } from './access.js';
import { Name, OrganisationOnTheWire } from './account-schemas.js';
import { actorOf } from './authentication.js';
import type { Routes } from './library-app.js';
import { exactly, IdParams, onePage, orNull, pageOf } from './schemas.js';

/** Look-ups; `null` is no budget. */
const Budget = Type.Optional(orNull(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })));

/** Organisations with their budgets. */
export function organisationRoutes({ organisations }: Accounts): Routes {
  return (app) => {
    app.get(
      '/api/organisations',
      {
        config: allow('super_admin'),
        schema: { summary: 'Organisations, by name', response: { 200: pageOf(OrganisationOnTheWire) } },
      },
      async () => onePage((await organisations.list()).map(organisationOnTheWire)),
    );

    app.post(
      '/api/organisations',
      {
        config: allow('super_admin'),
        schema: {
          summary: 'Make an organisation',
          body: exactly({ name: Name, budgetPerDay: Budget, budgetPerMonth: Budget }),
          response: { 201: OrganisationOnTheWire },
        },
      },
      async (request, reply) => {
        const made = await organisations.create(actorOf(request), request.body);
        return reply.status(201).send(organisationOnTheWire(made));
      },
    );

    app.patch(
      '/api/organisations/:id',
      {
        config: allow('super_admin'),
        schema: {
          summary: 'Change the name of an organisation, or its budgets; null takes a budget away',
          params: IdParams,
          body: exactly({ name: Type.Optional(Name), budgetPerDay: Budget, budgetPerMonth: Budget }),
          response: { 200: OrganisationOnTheWire },
        },
      },
      async (request) =>
        organisationOnTheWire(await organisations.change(actorOf(request), request.params.id, request.body)),
    );
  };
}

function organisationOnTheWire(organisation: OrganisationRecord): Static<typeof OrganisationOnTheWire> {
  const { id, name, budgetPerDay, budgetPerMonth, createdAt } = organisation;
  return { id, name, budgetPerDay, budgetPerMonth, createdAt };
}
