import { thrownMember } from '../thrown-member.ts'

const brand: unique symbol = Symbol.for('requestforge.error')

/** A class of the error family: its literal `kind` is what instances from other copies of the library are recognised by. */
interface ErrorClass {
  readonly kind?: string
  readonly prototype: unknown
}

/** Marks `error` with the kinds of its class and of all classes above it. */
export function brandError(error: Error, errorClass: ErrorClass): void {
  const kinds: string[] = []
  for (
    let level: ErrorClass | null = errorClass;
    level?.kind !== undefined;
    level = Object.getPrototypeOf(level) as ErrorClass | null
  ) {
    kinds.push(level.kind)
  }
  Object.defineProperty(error, brand, { value: kinds })
}

/** True if `error` is of the kind of `errorClass`, from whichever copy; classes that users derived are recognised by their prototype. */
export function hasErrorBrand(errorClass: ErrorClass, error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  if (!Object.hasOwn(errorClass, 'kind')) return Object.prototype.isPrototypeOf.call(errorClass.prototype as object, error)
  const kinds = thrownMember(error, brand)
  return Array.isArray(kinds) && kinds.includes(errorClass.kind)
}
