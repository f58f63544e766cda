/** Full names of services and methods, as profiles write them: `package.Service/Method`, with or without a slash before it. */
import type { DescMethod } from '@bufbuild/protobuf';

export interface MethodName {
  readonly service: string;
  readonly name: string;
}

/** The parts of `package.Service/Method`; what is missing is empty. */
export function readMethodName(method: string): MethodName {
  const [service = '', name = ''] = method.replace(/^\//, '').split('/');
  return { service, name };
}

/** `/package.Service/Method`, as a request names it. */
export const pathOf = ({ parent, name }: DescMethod): string => `/${parent.typeName}/${name}`;

/** Whether a service is the plugin's own, neither the library's nor gRPC's. */
export const isOwnService = (service: string): boolean => !/^(?:grpc|google)\.|^plugin\.GRPC/.test(service);
