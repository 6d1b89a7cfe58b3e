declare module 'snappyjs' {
  const snappy: {
    compress(plain: Uint8Array): Uint8Array;
    uncompress(packed: Uint8Array, maxLength?: number): Uint8Array;
  };
  export default snappy;
}
