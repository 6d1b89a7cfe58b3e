import { fieldAt, pathSteps } from './fields.ts';
import { type AvroSchema, branchName, type Field, valueBranches } from './schema.ts';

export interface Projection {
  readonly schema: AvroSchema;
  /** The paths that lead to no field, in the order given. */
  readonly unknownPaths: readonly string[];
}

/**
 * The schema of a reader that reads these fields only: every record cut down to the fields on the way to them. A path that
 * ends at a record or a collection takes all of it. Records keep their names, so the result reads what the
 * whole schema's writers write; a type used in two places is cut once for each place. Inside a type taken whole, the
 * schema's own objects stand, cycles and all.
 */
export function projectSchema(schema: AvroSchema, paths: readonly string[], prefix?: string): Projection {
  const wanted = new Wanted();
  const unknownPaths = paths.filter((path) => {
    const steps = pathSteps(schema, path, prefix);
    if (steps === null || fieldAt(schema, path, prefix) === null) return true;
    wanted.add(steps);
    return false;
  });
  return { schema: cut(schema, wanted), unknownPaths };
}

/** The steps wanted below one place; `whole` where a path ends here. */
class Wanted {
  readonly below = new Map<string, Wanted>();
  whole = false;

  add(steps: readonly string[]): void {
    const [step, ...rest] = steps;
    if (step === undefined) {
      this.whole = true;
      return;
    }
    const next = this.below.get(step) ?? new Wanted();
    this.below.set(step, next);
    next.add(rest);
  }

  under(step: string): Wanted {
    return this.below.get(step) ?? new Wanted();
  }
}

function cut(schema: AvroSchema, wanted: Wanted): AvroSchema {
  if (wanted.whole) return schema;
  switch (schema.kind) {
    case 'record':
      return { ...schema, fields: schema.fields.flatMap((field) => cutField(field, wanted)) };
    case 'array':
      return { ...schema, items: cut(schema.items, wanted.under('[]')) };
    case 'map':
      return { ...schema, values: cut(schema.values, wanted.under('{}')) };
    case 'union':
      return { ...schema, branches: schema.branches.map((branch) => cut(branch, underBranch(schema, branch, wanted))) };
    default:
      return schema;
  }
}

function cutField(field: Field, wanted: Wanted): readonly Field[] {
  const inner = wanted.below.get(`.${field.name}`);
  return inner === undefined ? [] : [{ ...field, type: cut(field.type, inner) }];
}

/** A single branch beside null is seen through; one of several has a step of its own. */
function underBranch(union: AvroSchema, branch: AvroSchema, wanted: Wanted): Wanted {
  return valueBranches(union).length > 1 ? wanted.under(`<${branchName(branch)}>`) : wanted;
}
