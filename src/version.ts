/** The version of this package, put in by the build. */
declare const PLUGFEST_VERSION: string | undefined;

export const version: string = typeof PLUGFEST_VERSION === 'string' ? PLUGFEST_VERSION : '0.0.0-source';
