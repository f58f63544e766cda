/** Descriptions of fields: they end in the published JSON Schemas, where editors show them beside the field. */
import * as v from 'valibot';

/** A schema with a description of what the value means, in half a sentence. */
export const about = <S extends v.GenericSchema>(schema: S, description: string) =>
  v.pipe(schema, v.description(description));
