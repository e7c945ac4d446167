/** SSM Parameter Store: reading the template's parameters. */
import type { Assembly, Resource } from './assembly.ts';
import { type Operations, ServiceError } from './json-service.ts';

export type Parameters = {
  /** By name or ARN. */
  find: (id: string) => { name: string; arn: string; type: string; value: string } | undefined;
};

export function openParameters(assembly: Assembly): Parameters {
  const all = assembly.of('AWS::SSM::Parameter').map((resource: Resource) => ({
    name: resource.name,
    arn: resource.arn ?? resource.name,
    type: String(resource.props['Type'] ?? 'String'),
    value: String(resource.props['Value'] ?? ''),
  }));
  return { find: (id) => all.find(({ name, arn }) => id === name || id === arn) };
}

export function parameterOperations(parameters: Parameters): Operations {
  const present = (id: string) => {
    const parameter = parameters.find(id);
    if (parameter === undefined) return undefined;
    const { name, arn, type, value } = parameter;
    return { ARN: arn, Name: name, Type: type, Value: value, Version: 1, DataType: 'text' };
  };
  return {
    'AmazonSSM.GetParameter': ({ Name }) => {
      const Parameter = present(String(Name));
      if (Parameter === undefined) throw new ServiceError('ParameterNotFound', String(Name));
      return { Parameter };
    },
    'AmazonSSM.GetParameters': ({ Names }) => {
      const names = (Names as string[]) ?? [];
      return {
        Parameters: names.map(present).filter((parameter) => parameter !== undefined),
        InvalidParameters: names.filter((name) => present(name) === undefined),
      };
    },
  };
}
