import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostileReport, hostileText } from './hostile-report.ts';
import { json } from './json.ts';
import { conformantReport, interruptedReport, nonconformantReport, sampleRun } from './sample-report.ts';

/** The same value with the keys of every object the other way round. */
function backwards<T>(value: T): T {
  if (Array.isArray(value)) return value.map(backwards) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, backwards(inner)]),
  ) as T;
}

test('a report as JSON', () => {
  expect(json.render(conformantReport())).toMatchInlineSnapshot(`
    "{
      "kind": "report",
      "schemaVersion": 1,
      "tool": {
        "name": "plugfest",
        "version": "0.1.0",
        "requirements": "d1e5c0de00000000"
      },
      "environment": {
        "os": "linux",
        "arch": "x64",
        "node": "20.20.2"
      },
      "system": "hashicorp-grpc",
      "plugin": {
        "name": "kv",
        "command": [
          "./kv",
          "serve"
        ],
        "files": [
          {
            "path": "./kv",
            "sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          }
        ]
      },
      "profile": {
        "name": "default",
        "digest": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      },
      "areas": [
        {
          "name": "HS",
          "title": "Handshake"
        },
        {
          "name": "TLS",
          "title": "Transport security"
        }
      ],
      "startedAt": "2026-02-03T04:05:06.789Z",
      "durationMs": 812,
      "seed": 1,
      "complete": true,
      "scope": {},
      "strict": false,
      "interrupted": false,
      "verdict": "conformant",
      "counts": {
        "passed": 2,
        "failed": 0,
        "warned": 0,
        "skipped": 1,
        "blocked": 0,
        "errored": 0
      },
      "coverage": {
        "requirements": 204,
        "probed": 155,
        "untestable": 3,
        "planned": 46
      },
      "observed": {
        "handshake": "1|1|unix|/tmp/p/s|grpc|",
        "services": [
          "proto.KV"
        ],
        "capabilities": [
          "health",
          "stdio"
        ]
      },
      "diagnoses": [],
      "outcomes": [
        {
          "id": "GRPC-HS-001",
          "level": "MUST",
          "area": "HS",
          "title": "The first line on stdout is the handshake",
          "text": "The very first line on stdout is the handshake line.",
          "why": "The host judges the first line and never looks at a second.",
          "launches": [
            "plain"
          ],
          "outcome": "passed",
          "durationMs": 3
        },
        {
          "id": "GRPC-HL-001",
          "level": "MUST",
          "area": "HL",
          "title": "Health answers for \\"plugin\\"",
          "text": "The very first line on stdout is the handshake line.",
          "why": "The host judges the first line and never looks at a second.",
          "launches": [
            "plain"
          ],
          "outcome": "passed",
          "durationMs": 1450
        },
        {
          "id": "GRPC-TLS-001",
          "level": "MUST",
          "area": "TLS",
          "title": "AutoMTLS is spoken",
          "text": "The very first line on stdout is the handshake line.",
          "why": "The host judges the first line and never looks at a second.",
          "launches": [
            "plain"
          ],
          "outcome": "skipped",
          "reason": "the plugin does not offer auto-mtls, and the profile does not demand it",
          "durationMs": 3
        }
      ],
      "launches": [
        {
          "name": "plain",
          "pid": 4711,
          "startMs": 31,
          "exit": {
            "code": 0
          },
          "leaked": []
        }
      ]
    }
    "
  `);
});

describe('the order of keys', () => {
  test.each([
    ['a report', nonconformantReport()],
    ['a run', sampleRun([nonconformantReport(), interruptedReport()])],
  ])('of %s does not depend on how it was put together', (_, report) => {
    expect(json.render(backwards(report))).toBe(json.render(report));
  });

  test('puts fields of a later version last', () => {
    const later = { mood: 'good', ...conformantReport() };
    expect(Object.keys(JSON.parse(json.render(later)) as object).at(-1)).toBe('mood');
  });
});

test('says everything the report says, whatever the plugin printed', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const report = hostileReport(text);
      expect(JSON.parse(json.render(report))).toEqual(report);
    }),
  );
});

test('a report that strays from its schema is still written', () => {
  const stray = { ...conformantReport(), seed: 0.5 };
  expect(JSON.parse(json.render(stray))).toEqual(stray);
});
