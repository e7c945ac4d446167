/** The matchers: one Fargate service per pair group, with a hot standby where the stage has one, each with a role for its own journal and lease. */
import { Duration, Stack } from 'aws-cdk-lib';
import { Cluster, type FargateService } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { archivePrefix } from '#wire/archive-object.ts';
import { snapshotPrefix } from '#wire/snapshot-manifest.ts';
import { leaseKeys } from '#wire/table-keys.ts';
import type { Bundles } from '../constructs/bundles.ts';
import { ContainerService } from '../constructs/container-service.ts';
import {
  may,
  onObjects,
  onPartitions,
  onTable,
  putsToStream,
  readsStream,
} from '../constructs/permission.ts';
import { groupIdsOf, type Stage } from '../settings.ts';
import type { DataStack } from './data.ts';
import type { FeedStack } from './feed.ts';
import type { JournalStack } from './journal.ts';
import { matcherPort, type NetworkStack } from './network.ts';

type MatcherStackProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  journal: JournalStack;
  network: NetworkStack;
  feed: FeedStack;
};

/** The matcher says itself whether ECS should leave it alone: it leads, is a standby that has caught up, or replays a journal that takes its time. */
const healthScript =
  "fetch('http://127.0.0.1:'+process.env.PORT+'/alive').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))";

export class MatcherStack extends Stack {
  /** Pair group → its service. */
  readonly services: ReadonlyMap<string, FargateService>;

  constructor(scope: Construct, id: string, props: MatcherStackProps) {
    super(scope, id, { description: 'Crossbook: matchers' });
    const cluster = new Cluster(this, 'Cluster', { vpc: props.network.vpc });
    this.services = new Map(
      groupIdsOf(props.stage).map((groupId) => [groupId, this.matcher(groupId, cluster, props)]),
    );
  }

  private matcher(groupId: string, cluster: Cluster, props: MatcherStackProps): FargateService {
    const { stage, bundles, data, journal, network, feed } = props;
    const stream = journal.of(groupId);
    return new ContainerService(this, `Matcher-${groupId}`, {
      name: 'matcher',
      stage,
      bundles,
      cluster,
      securityGroup: network.matchers,
      ...stage.matcher,
      settings: {
        catalog: JSON.stringify(stage.catalog),
        pairGroup: groupId,
        leaseMs: String(stage.leaseMs),
        ledgerTable: data.ledger.tableName,
        leaseTable: data.leases.tableName,
        feedTable: data.feed.tableName,
        journalStreams: journal.namesOf(this, [groupId]),
        archiveBucket: journal.archive.bucketName,
        fanOutFunction: feed.fanOut.functionName,
        port: String(matcherPort),
        // How old the chain's head may be.
        chainTerms: JSON.stringify(stage.chain.terms),
      },
      allow: [
        // Any group's lease is read, to ask its leader for credit; only the own one is taken.
        onTable(data.leases, 'GetItem'),
        onPartitions(data.leases, [leaseKeys.lease(groupId).pk], 'PutItem'),
        onTable(data.ledger, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem'),
        putsToStream(stream),
        readsStream(stream),
        ...onObjects(journal.archive, archivePrefix(groupId), 'GetObject'),
        ...onObjects(journal.archive, snapshotPrefix(groupId), 'GetObject', 'PutObject'),
        onTable(data.feed, 'Query'),
        may('lambda:InvokeFunction', feed.fanOut.functionArn),
      ],
      port: matcherPort,
      healthCheck: {
        command: ['CMD', 'node', '-e', healthScript],
        interval: Duration.seconds(30),
        timeout: Duration.seconds(10),
        retries: 3,
        // The longest that ECS allows; `/alive` is patient for less.
        startPeriod: Duration.seconds(300),
      },
    }).service;
  }
}
