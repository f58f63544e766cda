/** The methods of the Tilores dispatcher API, with small payloads and the shape of what must come back. */
import * as v from 'valibot';

const entity = v.looseObject({ id: v.string(), records: v.nullable(v.array(v.looseObject({ id: v.string() }))) });
const entities = v.object({ entities: v.nullable(v.array(entity)) });
const one = v.object({ entity: v.nullable(entity) });

/** Every feature is on, as it is when a caller says nothing. */
const features = {
  entityConsistency: null,
  entityDuplicates: null,
  entityEdges: null,
  entityHits: null,
  entityHitScore: null,
  entityRecords: null,
  entityScore: null,
};
const id = '00000000-0000-4000-8000-000000000000';
const search = {
  parameters: { name: 'plugfest' },
  considerRecords: null,
  page: null,
  pageSize: null,
  sort: null,
  searchRules: null,
  features,
};

export interface DispatcherCall {
  readonly path: string;
  readonly payload: unknown;
  /** The body of a success, in words and as a schema. */
  readonly shape: string;
  readonly schema: v.GenericSchema;
}

/** No payload adds or removes anything: there are no records in it, or nobody has their ids. */
export const dispatcherCalls: readonly DispatcherCall[] = [
  { path: '/entity', payload: { id, considerRecords: null, features }, shape: '{entity}', schema: one },
  { path: '/entity-by-record', payload: { id, considerRecords: null, features }, shape: '{entity}', schema: one },
  { path: '/search', payload: search, shape: '{entities: […]}', schema: entities },
  {
    path: '/submit',
    payload: { records: [] },
    shape: '{recordsAdded: number}',
    schema: v.object({ recordsAdded: v.pipe(v.number(), v.integer()) }),
  },
  {
    path: '/submit-with-preview',
    payload: { records: [], dryRun: true, features },
    shape: '{entities: […]}',
    schema: entities,
  },
  {
    path: '/disassemble',
    payload: { edges: [], recordIDs: [], createConnectionBan: false, meta: null },
    shape: '{triggered: boolean}',
    schema: v.object({ triggered: v.boolean() }),
  },
];

export const removeConnectionBan: DispatcherCall = {
  path: '/removeconnectionban',
  payload: { reference: 'plugfest', entityID: id, others: [], meta: { user: 'plugfest', reason: 'conformance' } },
  shape: 'null',
  schema: v.null(),
};

/** A search with a condition, whose members have no JSON names in the API and are capitalised for that reason. */
export const filteredSearch: DispatcherCall = {
  path: '/search',
  payload: { ...search, considerRecords: [{ Path: 'name', Equals: 'plugfest', IsNull: false, Invert: false }] },
  shape: '{entities: […]}',
  schema: entities,
};
