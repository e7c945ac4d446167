/** Posts text to one WebSocket connection through API Gateway's management API. */
import {
  ApiGatewayManagementApiClient,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { limitedCalls } from './clients.ts';
import { type Environment, setting } from './settings.ts';

export type ConnectionPoster = (connectionId: string, text: string) => Promise<'posted' | 'gone'>;

const localEndpoint = 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI';

export function createConnectionPoster(environment: Environment): ConnectionPoster {
  // An `endpoint` given in code would win over the variable by which the local cloud names its own.
  const local = environment[localEndpoint];
  const endpoint = local ? {} : { endpoint: setting(environment, 'webSocketManagement') };
  const client = new ApiGatewayManagementApiClient({
    ...endpoint,
    maxAttempts: 3,
    requestHandler: limitedCalls(5_000),
  });
  return async (connectionId, text) => {
    try {
      await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: text }));
      return 'posted';
    } catch (error) {
      if (error instanceof GoneException) return 'gone';
      throw error;
    }
  };
}
