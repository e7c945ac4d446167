/** The task metadata endpoint (version 4) that a container asks for its own address. */

/** The answer for a path under `/v4/`; undefined where there is none. */
export function taskMetadata(path: string, region: string): unknown {
  const found = /^\/v4\/([^/]+)(\/task)?\/?$/.exec(path);
  if (found === null) return undefined;
  const task = decodeURIComponent(found[1] as string);
  const arn = `arn:aws:ecs:${region}:000000000000:task/local/${task}`;
  const container = {
    DockerId: task,
    Name: task.replace(/-\d+$/, ''),
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    Type: 'NORMAL',
    Labels: { 'com.amazonaws.ecs.task-arn': arn },
    Networks: [
      {
        NetworkMode: 'awsvpc',
        IPv4Addresses: ['127.0.0.1'],
        AttachmentIndex: 0,
        IPv4SubnetCIDRBlock: '127.0.0.0/8',
      },
    ],
  };
  if (found[2] === undefined) return container;
  return {
    Cluster: 'local',
    TaskARN: arn,
    Family: container.Name,
    Revision: '1',
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    LaunchType: 'FARGATE',
    AvailabilityZone: `${region}a`,
    Containers: [container],
  };
}
