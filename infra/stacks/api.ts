/** The REST API: routes from `#wire/routes.ts`, one function and one role per part. */
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnStage,
  CorsHttpMethod,
  HttpApi,
  type HttpMethod,
  type HttpRoute,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { type HttpFunction, httpRoutes } from '#wire/routes.ts';
import { chainKeys, exportKeys, ledgerKeys, liabilityKeys } from '#wire/table-keys.ts';
import type { Bundles } from '../constructs/bundles.ts';
import {
  chainParts,
  chainSettings,
  consumerParts,
  readsChain,
  settlingSettings,
  writesChain,
} from '../constructs/chain-access.ts';
import {
  may,
  onPartitions,
  onPartitionsOf,
  onTable,
  readsMarkets,
  sendsTo,
} from '../constructs/permission.ts';
import { createLogGroup, ServerFunction, type Settings } from '../constructs/server-function.ts';
import { changesExports, exportPrefix } from '../constructs/statement-exports.ts';
import { runsEveryMinute } from '../constructs/trigger.ts';
import type { Stage } from '../settings.ts';
import type { ChainStack } from './chain.ts';
import type { DataStack } from './data.ts';
import type { MoneyStack } from './money.ts';
import type { NetworkStack } from './network.ts';

type ApiStackProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  network: NetworkStack;
  money: MoneyStack;
  chain: ChainStack;
};

export class ApiStack extends Stack {
  readonly api: HttpApi;
  readonly functions: LambdaFunction[] = [];
  private readonly routes: HttpRoute[] = [];

  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, { description: 'Crossbook: REST API' });
    this.api = this.httpApi(props.stage);
    this.serve('orders', this.orders(props));
    this.serve('delegations', this.delegations(props));
    this.serve('withdrawals', this.withdrawals(props));
    this.serve('sessions', this.sessions(props));
    this.serve('markets', this.markets(props));
    this.serve('accounts', this.accounts(props));
    this.serve('statements', this.statements(props));
    this.serve('liabilities', this.liabilities(props));
    if (props.stage.faucet) this.serve('faucet', this.faucet(props));
    this.open(props.stage);
    this.outputs();
  }

  private httpApi(stage: Stage): HttpApi {
    return new HttpApi(this, 'HttpApi', {
      description: `Crossbook ${stage.name}`,
      createDefaultStage: false,
      corsPreflight: {
        allowOrigins: stage.corsOrigins,
        allowMethods: [
          CorsHttpMethod.GET,
          CorsHttpMethod.POST,
          CorsHttpMethod.PUT,
          CorsHttpMethod.PATCH,
          CorsHttpMethod.PATCH,
          CorsHttpMethod.DELETE,
        ],
        allowHeaders: ['authorization', 'content-type'],
        exposeHeaders: ['x-request-id', 'retry-after'],
        maxAge: Duration.hours(1),
      },
    });
  }

  /** The stage comes after the routes, because it may name them. */
  private open(stage: Stage): void {
    const live = new HttpStage(this, 'Default', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: stage.requestsPerSecond, burstLimit: 2 * stage.requestsPerSecond },
      accessLogSettings: {
        destination: new LogGroupLogDestination(createLogGroup(this, stage, 'AccessLogs')),
        format: accessLogFormat,
      },
    });
    if (!stage.faucet) return;
    // Free for everyone, each gift is kept for ever: the one route that strangers could fill a table by.
    const { requestsPerSecond } = stage.faucet;
    (live.node.defaultChild as CfnStage).routeSettings = {
      [httpRoutes.faucet[0]]: {
        ThrottlingRateLimit: requestsPerSecond,
        ThrottlingBurstLimit: 5 * requestsPerSecond,
      },
    };
    live.node.addDependency(...this.routes);
  }

  private serve(name: HttpFunction, lambda: LambdaFunction): void {
    const integration = new HttpLambdaIntegration(name, lambda, { scopePermissionToRoute: false });
    for (const route of httpRoutes[name]) {
      const [method, path] = route.split(' ') as [HttpMethod, string];
      this.routes.push(...this.api.addRoutes({ path, methods: [method], integration }));
    }
    this.functions.push(lambda);
  }

  /** Verifies what users sign and takes it to the leader of the market's pair group. */
  private orders({ stage, bundles, data, network }: ApiStackProps): LambdaFunction {
    return new ServerFunction(this, 'Orders', {
      name: 'orders',
      description: 'Verifies signed orders and cancels and forwards them to the matcher',
      stage,
      bundles,
      settings: {
        ...signing(stage),
        leaseTable: data.leases.tableName,
        historyTable: data.history.tableName,
        sessionTable: data.sessions.tableName,
        chainTable: data.chain.tableName,
      },
      allow: [
        onTable(data.leases, 'GetItem'),
        readsMarkets(data.history),
        onTable(data.sessions, 'GetItem'),
        onPartitionsOf(data.chain, chainKeys.account('').pk, 'GetItem'),
        onPartitionsOf(data.chain, chainKeys.cancelledOrder('', '').pk, 'GetItem'),
        onPartitions(data.chain, [chainKeys.openExits], 'Query'),
        onPartitionsOf(data.chain, chainKeys.exit('').pk, 'GetItem'),
        onPartitionsOf(data.chain, chainKeys.delegationsOf(''), 'GetItem', 'Query'),
      ],
      network: { vpc: network.vpc, securityGroup: network.callers },
      // Recovering a signature's signer is all CPU, which Lambda gives by memory.
      memoryMiB: 1_024,
    }).lambda;
  }

  /** Which keys may sign orders for an account. */
  private delegations({ stage, bundles, data }: ApiStackProps): LambdaFunction {
    return new ServerFunction(this, 'Delegations', {
      name: 'delegations',
      description: 'Registers, lists and ends delegations to session keys',
      stage,
      bundles,
      settings: {
        ...signing(stage),
        chainTable: data.chain.tableName,
        sessionTable: data.sessions.tableName,
      },
      allow: [
        onTable(data.sessions, 'GetItem'),
        onPartitionsOf(data.chain, chainKeys.account('').pk, 'GetItem'),
        onPartitionsOf(data.chain, chainKeys.delegation('').pk, 'GetItem', 'PutItem'),
        onPartitionsOf(data.chain, chainKeys.delegationsOf(''), 'GetItem', 'Query', 'PutItem'),
        onPartitionsOf(data.chain, chainKeys.guardTasks, 'PutItem'),
      ],
    }).lambda;
  }

  /** Holds what leaves, which needs matchers; whoever signs and sends it is in the chain's stack. */
  private withdrawals({ stage, bundles, data, network }: ApiStackProps): LambdaFunction {
    const { lambda } = new ServerFunction(this, 'Withdrawals', {
      name: 'withdrawals',
      description: 'Takes signed withdrawals in, and holds what they take',
      stage,
      bundles,
      settings: {
        ...signing(stage),
        ...chainSettings(stage),
        chainTable: data.chain.tableName,
        ledgerTable: data.ledger.tableName,
        outboxTable: data.outbox.tableName,
        historyTable: data.history.tableName,
        leaseTable: data.leases.tableName,
        withdrawalTerms: JSON.stringify(stage.chain.withdrawals),
      },
      allow: [
        onTable(data.leases, 'GetItem'),
        onTable(data.ledger, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem'),
        onTable(data.outbox, 'PutItem'),
        readsMarkets(data.history),
        writesChain(data.chain, chainParts.withdrawals),
        readsChain(data.chain, chainParts.deposits, consumerParts('chain-facts')),
      ],
      network: { vpc: network.vpc, securityGroup: network.callers },
      // A slow leader is asked twice.
      timeoutSeconds: 30,
    });
    runsEveryMinute(this, 'WithdrawalsEveryMinute', lambda);
    return lambda;
  }

  private sessions({ stage, bundles, data }: ApiStackProps): LambdaFunction {
    const secret = new Secret(this, 'SessionSecret', {
      description: 'The seed of the key that signs session tokens',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return new ServerFunction(this, 'Sessions', {
      name: 'sessions',
      description: 'Signs users in',
      stage,
      bundles,
      settings: {
        ...signing(stage),
        sessionTable: data.sessions.tableName,
        sessionSecret: secret.secretArn,
        signInDomains: stage.signInDomains.join(','),
      },
      allow: [
        onTable(data.sessions, 'PutItem', 'DeleteItem'),
        may('secretsmanager:GetSecretValue', secret.secretArn),
      ],
    }).lambda;
  }

  private markets({ stage, bundles, data, network }: ApiStackProps): LambdaFunction {
    return new ServerFunction(this, 'Markets', {
      name: 'markets',
      description: 'Markets, depth, trades, candles, tickers, health',
      stage,
      bundles,
      settings: {
        ...signing(stage),
        ...chainSettings(stage),
        // Only what everybody may know.
        ...(stage.chain.rpcUrls !== undefined && { rpcUrls: stage.chain.rpcUrls }),
        leaseTable: data.leases.tableName,
        historyTable: data.history.tableName,
      },
      allow: [onTable(data.leases, 'GetItem'), onTable(data.history, 'Query')],
      network: { vpc: network.vpc, securityGroup: network.callers },
    }).lambda;
  }

  private accounts({ stage, bundles, data, network }: ApiStackProps): LambdaFunction {
    return new ServerFunction(this, 'Accounts', {
      name: 'accounts',
      description: 'Balances, orders, statements and settings of the signed-in account',
      stage,
      bundles,
      settings: {
        catalog: JSON.stringify(stage.catalog),
        leaseTable: data.leases.tableName,
        ledgerTable: data.ledger.tableName,
        historyTable: data.history.tableName,
        sessionTable: data.sessions.tableName,
        chainTable: data.chain.tableName,
        chainTerms: JSON.stringify(stage.chain.terms),
        ...settlingSettings(stage),
      },
      allow: [
        onTable(data.leases, 'GetItem'),
        onTable(data.ledger, 'GetItem', 'BatchGetItem', 'Query'),
        // Its owner's settings.
        onPartitionsOf(data.ledger, ledgerKeys.account(''), 'PutItem'),
        onTable(data.history, 'GetItem', 'Query'),
        onTable(data.sessions, 'GetItem'),
        readsChain(data.chain, chainParts.deposits, chainParts.withdrawals, chainParts.settlement),
        readsChain(data.chain, consumerParts('chain-facts')),
      ],
      network: { vpc: network.vpc, securityGroup: network.callers },
    }).lambda;
  }

  /** Asks a queue, which nobody in the VPC can reach. */
  private statements({ stage, bundles, data, money }: ApiStackProps): LambdaFunction {
    const { bucket } = money.statementExports;
    return new ServerFunction(this, 'Statements', {
      name: 'statements',
      description: 'Takes wishes for files of statements, and shows where the files are',
      stage,
      bundles,
      settings: {
        catalog: JSON.stringify(stage.catalog),
        ledgerTable: data.ledger.tableName,
        historyTable: data.history.tableName,
        sessionTable: data.sessions.tableName,
        exportQueue: money.exportQueue.queueUrl,
        exportBucket: bucket.bucketName,
      },
      allow: [
        onPartitionsOf(data.ledger, exportKeys.allOpen, ...changesExports),
        readsMarkets(data.history),
        onTable(data.sessions, 'GetItem'),
        sendsTo(money.exportQueue),
        may('s3:GetObject', bucket.arnForObjects(`${exportPrefix}*`)),
      ],
    }).lambda;
  }

  private liabilities({ stage, bundles, data, money }: ApiStackProps): LambdaFunction {
    return new ServerFunction(this, 'LiabilityProofs', {
      name: 'liability-proofs',
      description: 'What users were owed on each day, and the proofs of it',
      stage,
      bundles,
      settings: {
        ledgerTable: data.ledger.tableName,
        sessionTable: data.sessions.tableName,
        liabilityBucket: money.liabilities.bucketName,
        liabilitySecret: money.liabilitySecret.secretArn,
      },
      allow: [
        onPartitions(data.ledger, [liabilityKeys.days], 'GetItem', 'Query'),
        onTable(data.sessions, 'GetItem'),
        may('secretsmanager:GetSecretValue', money.liabilitySecret.secretArn),
        may('s3:GetObject', money.liabilities.arnForObjects('trees/*')),
      ],
    }).lambda;
  }

  private faucet({ stage, bundles, data, chain }: ApiStackProps): LambdaFunction {
    const { settings, allow } = chain.mints({ stage, data });
    return new ServerFunction(this, 'Faucet', {
      name: 'faucet',
      description: 'Demo tokens for everyone who asks',
      stage,
      bundles,
      settings: {
        ...settings,
        catalog: JSON.stringify(stage.catalog),
        ledgerTable: data.ledger.tableName,
        historyTable: data.history.tableName,
        ...(stage.faucet?.coinAtoms !== undefined && { faucetCoin: stage.faucet.coinAtoms }),
      },
      allow: [
        ...allow,
        // Who asked how often: money is none of its business.
        onPartitionsOf(data.ledger, ledgerKeys.faucetClaims('', '').pk, 'GetItem', 'UpdateItem'),
        readsMarkets(data.history),
      ],
      timeoutSeconds: 30,
    }).lambda;
  }

  private outputs(): void {
    const url = this.api.apiEndpoint;
    new CfnOutput(this, 'RestUrl', { description: 'REST API', value: url });
    new CfnOutput(this, 'HealthUrl', { description: 'Health', value: `${url}/v1/health` });
    new CfnOutput(this, 'Try1Markets', {
      description: 'List the markets',
      value: `curl -s ${url}/v1/markets`,
    });
    new CfnOutput(this, 'Try2Depth', {
      description: 'See the book',
      value: `curl -s '${url}/v1/markets/ETH-USDC/depth?levels=5'`,
    });
  }
}

/** What it takes to know a market and to verify a signature. */
const signing = (stage: Stage): Settings => ({
  catalog: JSON.stringify(stage.catalog),
  chainId: String(stage.chain.chainId),
  verifyingContract: stage.chain.verifyingContract,
});

/** Who asked for what, and how it went; never a header, a query or a body. */
const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTimeEpoch',
    ip: '$context.identity.sourceIp',
    route: '$context.routeKey',
    status: '$context.status',
    latencyMs: '$context.responseLatency',
    bytes: '$context.responseLength',
    error: '$context.integrationErrorMessage',
  }),
);
