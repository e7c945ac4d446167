/** Demo traders, in stages with a faucet only: they speak the public API and nothing else. */
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { type CfnCluster, Cluster } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Bundles } from '../constructs/bundles.ts';
import { ContainerService } from '../constructs/container-service.ts';
import type { Stage } from '../settings.ts';
import type { ApiStack } from './api.ts';
import type { FeedStack } from './feed.ts';
import type { NetworkStack } from './network.ts';

type BotsStackProps = {
  stage: Stage;
  bundles: Bundles;
  network: NetworkStack;
  api: ApiStack;
  feed: FeedStack;
};

export class BotsStack extends Stack {
  constructor(scope: Construct, id: string, props: BotsStackProps) {
    super(scope, id, { description: 'Crossbook: demo traders' });
    const { stage, bundles, network, api, feed } = props;
    const botSeed = new Secret(this, 'BotSeed', {
      description: "The seed of the bots' keys, which hold demo funds only",
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const outwardOnly = new SecurityGroup(this, 'OutwardOnly', {
      vpc: network.vpc,
      description: 'Bots, which speak the public API only',
      allowAllOutbound: false,
    });
    outwardOnly.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'the public API');
    new ContainerService(this, 'Bots', {
      name: 'bots',
      stage,
      bundles,
      cluster: this.spotCluster(network),
      securityGroup: outwardOnly,
      cpuUnits: 256,
      memoryMiB: 512,
      settings: {
        apiUrl: api.api.apiEndpoint,
        webSocketUrl: feed.url,
        botPaceMs: String(stage.bots?.paceMs),
      },
      secrets: { botSeed },
      allow: [],
      spot: true,
    });
  }

  /**
   * Named by the cluster itself: the associations that CDK would add are a resource of their own, which
   * CloudFormation may make after the service that needs them, and remove before it.
   */
  private spotCluster(network: NetworkStack): Cluster {
    const cluster = new Cluster(this, 'Cluster', { vpc: network.vpc });
    (cluster.node.defaultChild as CfnCluster).capacityProviders = ['FARGATE_SPOT'];
    return cluster;
  }
}
