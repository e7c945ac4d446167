/** A local cloud as commands find it: by what it wrote down when it was ready. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Wrong } from './wrong.ts';

type Service = 'control' | 'kinesis' | 's3' | 'sqs' | 'dynamodb';

/** As much of `cloud.json` as is read. */
type CloudFile = { urls: Record<Service, string>; outputs: { key: string; value: string }[] };

export type LocalCloud = {
  urls: Record<Service, string>;
  /** An output of its stacks. */
  output(name: string): string;
};

/** Throws `Wrong` where none has run there, or one of an older version. */
export function readLocalCloud(stateFolder: string): LocalCloud {
  const file = join(stateFolder, 'cloud.json');
  if (!existsSync(file))
    throw new Wrong(
      `No local cloud has run in ${stateFolder}: npm start, or --stage dev for a stage on AWS.`,
    );
  const { urls, outputs } = JSON.parse(readFileSync(file, 'utf8')) as CloudFile;
  return {
    urls,
    output(name) {
      const value = outputs.find(({ key }) => key === name)?.value;
      if (!value) throw new Wrong(`The cloud of ${stateFolder} has no ${name}: npm start again.`);
      return value;
    },
  };
}
