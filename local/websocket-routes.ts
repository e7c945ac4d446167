/** The routes of a WebSocket API and how a message chooses among them. */
import { type ApiRoute, routesOf } from './api-routes.ts';
import type { Assembly, Resource } from './assembly.ts';
import { TemplateError } from './intrinsics.ts';

export type WebSocketRoute = ApiRoute & {
  /** Two-way: what the function returns as `body` is sent to the client. */
  isTwoWay: boolean;
};

export type WebSocketRoutes = {
  byKey: (routeKey: string) => WebSocketRoute | undefined;
  /** The route of a message: the selected value, else $default, else none. */
  ofMessage: (text: string) => WebSocketRoute | undefined;
};

/** Longest integration of a WebSocket API (Amazon API Gateway quotas). */
const INTEGRATION_LIMIT_MS = 29_000;

/** Reads the routes. Throws TemplateError for a selection expression other than `$request.body.…`. */
export function webSocketRoutes(assembly: Assembly, api: Resource): WebSocketRoutes {
  const answering = new Set(
    assembly
      .of('AWS::ApiGatewayV2::RouteResponse')
      .map(({ props }) => (props as { RouteId?: string }).RouteId),
  );
  const routes = new Map<string, WebSocketRoute>();
  for (const route of routesOf(assembly, api, INTEGRATION_LIMIT_MS)) {
    routes.set(route.routeKey, { ...route, isTwoWay: answering.has(route.id) });
  }
  const select = selectionOf(api);
  return {
    byKey: (routeKey) => routes.get(routeKey),
    ofMessage: (text) => {
      const key = select(text);
      // $connect and $disconnect are events; a client cannot name them.
      const isEvent = key === '$connect' || key === '$disconnect';
      const chosen = key === undefined || isEvent ? undefined : routes.get(key);
      return chosen ?? routes.get('$default');
    },
  };
}

function selectionOf(api: Resource): (text: string) => string | undefined {
  const { RouteSelectionExpression: expression = '' } = api.props as {
    RouteSelectionExpression?: string;
  };
  const path = /^\$\{?request\.body\.([\w.-]+)\}?$/.exec(expression)?.[1]?.split('.');
  if (path === undefined) {
    throw new TemplateError(
      `Stack ${api.stack}, ${api.id}: route selection ${expression} is not supported locally: use $request.body.action.`,
    );
  }
  return (text) => {
    let found: unknown;
    try {
      found = JSON.parse(text);
    } catch {
      return undefined;
    }
    for (const key of path) {
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key))
        return undefined;
      found = (found as Record<string, unknown>)[key];
    }
    return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
  };
}
