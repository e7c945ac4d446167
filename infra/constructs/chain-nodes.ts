/** Where nodes of the chain are found: a setting where they are public, a secret where their URLs hold keys. */
import { RemovalPolicy } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Stage } from '../settings.ts';
import { may } from './permission.ts';
import type { Settings } from './server-function.ts';

export class ChainNodes extends Construct {
  readonly settings: Settings;
  /** What it takes to read them. */
  readonly allow: readonly PolicyStatement[];

  constructor(scope: Construct, id: string, { chain, retainData }: Stage) {
    super(scope, id);
    if (chain.rpcUrls !== undefined) {
      this.settings = { rpcUrls: chain.rpcUrls };
      this.allow = [];
      return;
    }
    const secret = new Secret(this, 'RpcUrls', {
      description:
        'Comma-separated URLs of Ethereum nodes: write them in after the first deployment',
      removalPolicy: retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.settings = { rpcSecret: secret.secretArn };
    this.allow = [may('secretsmanager:GetSecretValue', secret.secretArn)];
  }
}
