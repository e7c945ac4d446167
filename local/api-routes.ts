/** The routes of an API with the function behind each, from the template's Route and Integration resources. */
import type { Assembly, Resource } from './assembly.ts';
import { TemplateError } from './intrinsics.ts';

export type ApiRoute = {
  /** Physical id, which a RouteResponse names. */
  id: string;
  routeKey: string;
  functionUri: string;
  timeoutMs: number;
  /** AWS_IAM routes demand an Authorization header; its signature is not checked locally. */
  needsAuthorization: boolean;
};

export type ApiStage = {
  name: string;
  variables?: Record<string, string>;
  throttle: StageThrottle;
};

export type StageThrottle = { default: RouteThrottle; routes: Record<string, RouteThrottle> };

export type RouteThrottle = { ThrottlingRateLimit?: number; ThrottlingBurstLimit?: number };

type RouteProps = {
  ApiId?: string;
  RouteKey?: string;
  Target?: string;
  AuthorizationType?: string;
};

type IntegrationProps = {
  ApiId?: string;
  IntegrationType?: string;
  IntegrationUri?: string;
  PayloadFormatVersion?: string;
  TimeoutInMillis?: number;
};

type StageProps = {
  ApiId?: string;
  StageName?: string;
  StageVariables?: Record<string, string>;
  DefaultRouteSettings?: RouteThrottle;
  RouteSettings?: Record<string, RouteThrottle>;
};

/** Every route of `api`; `limitMs` is the longest an integration of this kind of API may take. */
export function routesOf(assembly: Assembly, api: Resource, limitMs: number): ApiRoute[] {
  const integrations = new Map(
    assembly.of('AWS::ApiGatewayV2::Integration').map((found) => [found.name, found]),
  );
  const routes = assembly
    .of('AWS::ApiGatewayV2::Route')
    .filter(({ props }) => (props as RouteProps).ApiId === api.name);
  return routes.map((route) => {
    const { RouteKey = '$default', Target = '', AuthorizationType } = route.props as RouteProps;
    const integration = integrations.get(Target.replace(/^integrations\//, ''));
    if (integration === undefined) {
      throw complaint(route, `route ${RouteKey} has no integration: give it a Lambda integration.`);
    }
    const { TimeoutInMillis } = integration.props as IntegrationProps;
    return {
      id: route.name,
      routeKey: RouteKey,
      functionUri: functionUriOf(integration, api),
      timeoutMs: Math.min(TimeoutInMillis ?? limitMs, limitMs),
      needsAuthorization: needsAuthorization(route, AuthorizationType),
    };
  });
}

/** The one stage that the front serves; `$default` where the template has none. */
export function stageOf(assembly: Assembly, api: Resource): ApiStage {
  const stages = assembly
    .of('AWS::ApiGatewayV2::Stage')
    .filter(({ props }) => (props as StageProps).ApiId === api.name);
  const [stage, second] = stages;
  if (second !== undefined) {
    throw complaint(second, 'the local cloud serves one stage per API: remove this one.');
  }
  const props = (stage?.props ?? {}) as StageProps;
  return {
    name: props.StageName ?? '$default',
    throttle: { default: props.DefaultRouteSettings ?? {}, routes: props.RouteSettings ?? {} },
    ...(props.StageVariables === undefined ? {} : { variables: props.StageVariables }),
  };
}

function functionUriOf(integration: Resource, api: Resource): string {
  const { IntegrationType, IntegrationUri, PayloadFormatVersion } =
    integration.props as IntegrationProps;
  if (IntegrationType !== 'AWS_PROXY' || IntegrationUri === undefined) {
    throw complaint(
      integration,
      `integration type ${IntegrationType} is not supported locally: use a Lambda proxy integration.`,
    );
  }
  const isHttp = (api.props as { ProtocolType?: string }).ProtocolType === 'HTTP';
  if (isHttp && PayloadFormatVersion !== '2.0') {
    throw complaint(
      integration,
      `payload format ${PayloadFormatVersion} is not supported locally: use 2.0.`,
    );
  }
  return IntegrationUri;
}

function needsAuthorization(route: Resource, type: string | undefined): boolean {
  if (type === undefined || type === 'NONE') return false;
  if (type === 'AWS_IAM') return true;
  throw complaint(
    route,
    `authorization type ${type} is not supported locally: check tokens in the function.`,
  );
}

function complaint(resource: Resource, sentence: string): TemplateError {
  return new TemplateError(`Stack ${resource.stack}, ${resource.id}: ${sentence}`);
}
