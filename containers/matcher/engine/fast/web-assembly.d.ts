/** What the engine uses of WebAssembly: the compiler's own declarations come with a browser's, which the engine must not name. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  type Memory = { readonly buffer: ArrayBuffer; grow(pages: number): number };
}
