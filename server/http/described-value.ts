import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';

/**
 * Tells what keeps a value from being of a form that `openapi.yaml` describes; null when it is. For values that arrive
 * inside others, which no route validates.
 */
export function describedAs(schema: string, specification: object): (value: unknown) => string | null {
  const ajv = ajvFormats.default(new Ajv({ allErrors: false, strict: false, useDefaults: false, removeAdditional: false, coerceTypes: false }));
  ajv.addSchema(specification, 'api');
  const validate = ajv.compile({ $ref: `api#/components/schemas/${schema}` });
  return (value) => (validate(value) ? null : ajv.errorsText(validate.errors, { dataVar: schema }));
}
