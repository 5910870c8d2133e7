import { GraphQLInputObjectType, GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { platformSchema } from './schema.js';
import { gateOf } from './version.js';

/** Whether `Type.field` or `Type.field.argument` exists. */
function has(schema: GraphQLSchema, path: string): boolean {
  const [typeName = '', fieldName = '', argument] = path.split('.');
  const type = schema.getType(typeName);
  if (type instanceof GraphQLInputObjectType) return fieldName in type.getFields();
  if (!(type instanceof GraphQLObjectType)) return false;
  const field = type.getFields()[fieldName];
  return argument === undefined
    ? field !== undefined
    : field?.args.some((arg) => arg.name === argument) === true;
}

describe('platformSchema', () => {
  it.each([
    ['RegisterConnectorInput.listen_callback_uri', '6.5.6', '6.5.7'],
    ['RegisterConnectorInput.auto_update', '6.8.8', '6.8.9'],
    ['RegisterConnectorInput.enrichment_resolution', '6.8.8', '6.8.9'],
    ['RegisterConnectorInput.xtm_one_intent', '7.260526.0', '7.260527.0'],
    ['ConnectorConfig.listen_callback_uri', '6.5.6', '6.5.7'],
    ['ConnectorConfig.dead_letter_routing', '6.8.6', '6.8.7'],
    ['ConnectorConfig.s3', '6.9.9', '6.9.10'],
    ['Connector.jwks', '6.9.22', '7.260224.0'],
    ['Connector.connector_info', '6.2.11', '6.2.12'],
    ['Connector.connector_queue_details', '6.1.11', '6.1.12'],
    ['Mutation.pingConnector.connectorInfo', '6.2.11', '6.2.12'],
    ['Mutation.playbookStepExecution.event_id', '6.0.10', '6.1.0'],
    ['Mutation.stixBundlePush', '6.2.5', '6.2.6'],
    ['Mutation.stixBundlePush.work_id', '6.5.6', '6.5.7'],
    ['Mutation.uploadPending.file_markings', '6.5.1', '6.5.2'],
    ['Mutation.draftWorkspaceAdd', '6.3.13', '6.4.0'],
    ['WorkEditMutations.addDraftContext', '6.4.11', '6.5.0'],
    ['Query.isWorkAlive', '6.8.6', '6.8.7'],
    ['Indicator.x_opencti_observable_values', '6.3.13', '6.4.0'],
    ['IndicatorObservableValue.hashes', '6.5.10', '6.5.11'],
  ])('has %s not on %s but on %s', (path, before, from) => {
    expect(has(platformSchema(gateOf(before)), path)).toBe(false);
    expect(has(platformSchema(gateOf(from)), path)).toBe(true);
  });

  it('knows no platform before 6.0.6', () => {
    expect(() => gateOf('6.0.5')).toThrow('platform 6.0.5 is older than 6.0.6');
    expect(() => gateOf('latest')).toThrow('"latest" is not a platform version');
  });

  it('orders 7.x by date', () => {
    const since = gateOf('7.260224.0');
    expect(since('6.9.22')).toBe(true);
    expect(since('7.260224.0')).toBe(true);
    expect(since('7.260224.1')).toBe(false);
  });
});
