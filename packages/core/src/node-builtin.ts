interface ProcessWithBuiltins {
  getBuiltinModule?(id: string): unknown
}

/** A built-in module of Node (Bun and Deno have it too), or undefined where there is none: nothing is imported in browsers. */
export function nodeBuiltin(id: `node:${string}`): unknown {
  const { process } = globalThis as { readonly process?: ProcessWithBuiltins | undefined }
  return process?.getBuiltinModule?.(id)
}
