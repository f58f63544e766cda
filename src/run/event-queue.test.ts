import { expect, test } from 'vitest';
import { EventQueue } from './event-queue.ts';

async function all<T>(queue: EventQueue<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const event of queue) seen.push(event);
  return seen;
}

test('gives events from the beginning, also to whoever comes late', async () => {
  const queue = new EventQueue<number>();
  queue.push(1);
  queue.push(2);
  const seen = all(queue);
  await new Promise((resolve) => setImmediate(resolve));
  queue.push(3);
  await new Promise((resolve) => setImmediate(resolve));
  queue.push(4);
  queue.end();
  queue.push(5);
  expect(await seen).toEqual([1, 2, 3, 4]);
});

test('ends when nothing ever came', async () => {
  const queue = new EventQueue<number>();
  const seen = all(queue);
  queue.end();
  expect(await seen).toEqual([]);
});
