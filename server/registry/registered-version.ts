/** A version as the registry holds it. */
export interface RegisteredVersion {
  readonly subject: string;
  readonly version: number;
  readonly schemaId: number;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references: readonly SchemaReference[];
}
export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** `AVRO` is what a registry means when it says nothing. */
export const SCHEMA_TYPES = ['AVRO', 'JSON', 'PROTOBUF'] as const;
export type SchemaType = (typeof SCHEMA_TYPES)[number];
