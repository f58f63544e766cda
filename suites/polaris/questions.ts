/** The questions a server asks, each in the form in which it asks it; and those it asks of odd clients. */
import type { Question } from './contract.ts';

export const QuestionType = { ip: 0, api: 1, service: 2, instance: 3 } as const;

/** One of each kind. Nothing asks about services; the types allow it. */
export const ordinary: readonly Question[] = [
  { type: QuestionType.ip, key: '192.0.2.7' },
  { type: QuestionType.api, key: 'GET:/naming/v1/instances' },
  { type: QuestionType.api, key: '/v1.PolarisGRPC/RegisterInstance' },
  { type: QuestionType.service, key: 'default/checkout' },
  { type: QuestionType.instance, key: '5c7c8aa1f6dd4a9ea10a8a3d2f8b7e55' },
];

/** Clients on IPv6 are asked about without a key. */
const keyless: readonly Question[] = Object.values(QuestionType).map((type) => ({ type, key: '' }));

/** Keys that limiters like to deny: an answer that denies is an answer as well. */
const disliked: readonly Question[] = ['deny', '0.0.0.0', '127.0.0.1'].map((key) => ({ type: QuestionType.ip, key }));

export const all: readonly Question[] = [...ordinary, ...keyless, ...disliked];

const names = ['IP', 'API', 'service', 'instance'];

/** `an API question about "GET:/x"`, for people. */
export const showQuestion = ({ type, key }: Question): string =>
  `a question of type ${type} (${names[type] ?? 'unknown'}) ${key === '' ? 'without a key' : `about "${key}"`}`;
