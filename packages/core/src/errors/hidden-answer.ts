import { inspection } from '../inspection.ts'

type Inspect = (value: unknown, options: object) => string

/** Has an error shown without its getters being asked, which know what the server answered: Node can be told to show what they give. */
export function hideAnswer(error: Error): void {
  Object.defineProperty(error, inspection, { value: shownWithoutGetters })
}

function shownWithoutGetters(this: Error, depth: number | null, options: object, inspect: Inspect | undefined): string {
  if (inspect === undefined) return this.stack ?? String(this)
  return inspect(this, { ...options, depth, getters: false, customInspect: false })
}
