/** The feed: the WebSocket API, the function behind its routes, and the fan-out that matchers invoke. */
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { webSocketRoutes } from '#wire/routes.ts';
import type { Bundles } from '../constructs/bundles.ts';
import { may, onTable, readsMarkets } from '../constructs/permission.ts';
import { ServerFunction } from '../constructs/server-function.ts';
import type { Stage } from '../settings.ts';
import type { DataStack } from './data.ts';
import type { NetworkStack } from './network.ts';

type FeedStackProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  network: NetworkStack;
};

export class FeedStack extends Stack {
  readonly api: WebSocketApi;
  readonly url: string;
  readonly fanOut: LambdaFunction;
  readonly functions: LambdaFunction[];

  constructor(scope: Construct, id: string, props: FeedStackProps) {
    super(scope, id, { description: 'Crossbook: feed' });
    const { stage } = props;
    const feed = this.feedFunction(props);
    this.api = new WebSocketApi(this, 'WebSocketApi', { description: `Crossbook ${stage.name}` });
    const integration = new WebSocketLambdaIntegration('Feed', feed);
    for (const route of webSocketRoutes) {
      // A connection is accepted or refused by the status alone; every other route answers.
      const returnResponse = route !== '$connect' && route !== '$disconnect';
      this.api.addRoute(route, { integration, returnResponse });
    }
    const live = new WebSocketStage(this, 'Live', {
      webSocketApi: this.api,
      stageName: 'live',
      autoDeploy: true,
      throttle: { rateLimit: stage.requestsPerSecond, burstLimit: 2 * stage.requestsPerSecond },
    });
    this.url = live.url;
    this.fanOut = this.fanOutFunction(props, live);
    this.functions = [feed, this.fanOut];
    this.outputs();
  }

  private feedFunction({ stage, bundles, data, network }: FeedStackProps): LambdaFunction {
    return new ServerFunction(this, 'Feed', {
      name: 'feed',
      description: 'Connects, authenticates and subscribes WebSockets',
      stage,
      bundles,
      settings: {
        catalog: JSON.stringify(stage.catalog),
        feedTable: data.feed.tableName,
        leaseTable: data.leases.tableName,
        historyTable: data.history.tableName,
        sessionTable: data.sessions.tableName,
      },
      allow: [
        onTable(data.feed, 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
        onTable(data.sessions, 'GetItem'),
        onTable(data.leases, 'GetItem'),
        readsMarkets(data.history),
      ],
      network: { vpc: network.vpc, securityGroup: network.callers },
    }).lambda;
  }

  private fanOutFunction(
    { stage, bundles, data }: FeedStackProps,
    live: WebSocketStage,
  ): LambdaFunction {
    const connections = this.formatArn({
      service: 'execute-api',
      resource: this.api.apiId,
      resourceName: `${live.stageName}/*/@connections/*`,
    });
    const { lambda } = new ServerFunction(this, 'FanOut', {
      name: 'fan-out',
      description: 'Posts feed messages to the connections of a slice; invoked by matchers',
      stage,
      bundles,
      settings: {
        feedTable: data.feed.tableName,
        webSocketManagement: live.callbackUrl,
      },
      allow: [
        // A connection that is found gone is removed with all that it listened to.
        onTable(data.feed, 'GetItem', 'Query', 'UpdateItem', 'DeleteItem'),
        may('execute-api:ManageConnections', connections),
      ],
      timeoutSeconds: 30,
    });
    // Lambda would repeat a failed request twice and keep a throttled one for hours: old news, and out of order.
    lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    return lambda;
  }

  private outputs(): void {
    new CfnOutput(this, 'WebSocketUrl', { description: 'WebSocket feed', value: this.url });
    const subscribe = `JSON.stringify({action:'subscribe',channels:['trades:ETH-USDC']})`;
    const script = `const s=new WebSocket('${this.url}');s.onopen=()=>s.send(${subscribe});s.onmessage=m=>console.log(m.data)`;
    new CfnOutput(this, 'Try3Trades', {
      description: 'Watch trades as they happen',
      value: `npx node -e "${script}"`,
    });
  }
}
