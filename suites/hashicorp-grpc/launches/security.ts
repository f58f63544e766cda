/** Starts by a host with AutoMTLS, and by one whose certificate is none. */
import type { Profile } from '../../../src/config/profile.ts';
import type { GrpcSession } from '../session.ts';
import { base, type GrpcLaunch, hostEnvironment } from './launch.ts';

const tlsUnwanted = (_: GrpcSession, { tls }: Profile): string | undefined =>
  tls === 'none' ? 'the profile says `tls: none`' : undefined;

export const securityLaunches: readonly GrpcLaunch[] = [
  {
    ...base,
    name: 'auto-mtls',
    purpose: 'by a host with AutoMTLS',
    connects: true,
    tls: 'always',
    unfit: tlsUnwanted,
  },
  {
    ...base,
    name: 'empty-certificate',
    purpose: 'with PLUGIN_CLIENT_CERT set and empty',
    judged: false,
    connects: true,
    tls: 'never',
    environment: ({ profile }) => ({ ...hostEnvironment(profile), PLUGIN_CLIENT_CERT: '' }),
  },
  {
    ...base,
    name: 'garbage-certificate',
    purpose: 'with nonsense in PLUGIN_CLIENT_CERT',
    judged: false,
    tls: 'never',
    environment: ({ profile }) => ({ ...hostEnvironment(profile), PLUGIN_CLIENT_CERT: 'this is no certificate' }),
    unfit: tlsUnwanted,
  },
];

/** Adds the host's certificate to the starts that carry one: a new one for each, as the real host does. */
export const secured = (launch: GrpcLaunch): GrpcLaunch => ({
  ...launch,
  setup: async (context) => {
    const own = await launch.setup?.(context);
    const wanted = launch.tls === 'always' || (launch.tls === 'host' && context.profile.tls === 'auto');
    if (!wanted) return own ?? {};
    const { handOut, takeBack } = await import('../tls/host-certificate.ts');
    const { pem } = await handOut();
    return {
      environment: { ...own?.environment, PLUGIN_CLIENT_CERT: pem },
      dispose: async () => {
        takeBack(pem);
        await own?.dispose?.();
      },
    };
  },
});
